#pragma once

#include <cstdint>

/// Luma and chroma planes hold code values on the 8-bit scale as floats (a 10-bit code is divided
/// by 4), so one set of numbers serves all depths.
namespace lvtino::kernels {

/// Sizes and chroma sampling of one frame. A chroma sample (i, j) stands at the luma position
/// (i step_y + offset_y, j step_x + offset_x).
struct YuvGrid {
  std::int64_t height = 0, width = 0;
  std::int64_t chroma_height = 0, chroma_width = 0;
  int step_y = 1, step_x = 1;
  double offset_y = 0, offset_x = 0;
};

/// luma = luma_zero + luma_range Y', chroma = 128 + chroma_range C', with
/// Y' = kr R' + (1 - kr - kb) G' + kb B', Cb = (B' - Y') / (2 (1 - kb)), Cr = (R' - Y') / (2 (1 -
/// kr)).
struct YuvCode {
  double kr = 0.2126, kb = 0.0722;
  double luma_zero = 16, luma_range = 219, chroma_range = 224;
};

/// rgb [3, height, width] in [0, 1]: chroma is interpolated linearly, results are clamped.
void yuv_to_rgb(const float* y, const float* u, const float* v, float* rgb, const YuvGrid& grid,
                const YuvCode& code);

/// The reverse: chroma samples are averages of the pixels around their position (weights 1 2 1
/// where they stand on a pixel, 1 1 where they stand between two). Codes are clamped to 0..255, not
/// rounded.
void rgb_to_yuv(const float* rgb, float* y, float* u, float* v, const YuvGrid& grid,
                const YuvCode& code);

}  // namespace lvtino::kernels
