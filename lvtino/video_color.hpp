#pragma once

#include "lvtino/core/tensor.hpp"
#include "lvtino/video_color_kernels.hpp"

namespace lvtino {

using kernels::YuvCode;
using kernels::YuvGrid;

/// Luma weights of ITU-R BT.601, BT.709, BT.2020 (non-constant luminance).
struct YuvWeights {
  double kr, kb;
};
constexpr YuvWeights kBt601{0.299, 0.114}, kBt709{0.2126, 0.0722}, kBt2020{0.2627, 0.0593};

/// What is assumed of an untagged video: BT.709 from 720 lines on, BT.601 below.
YuvWeights assumed_weights(std::int64_t height);

/// Code values of 8 bit, or of `depth` bits divided by 2^(depth - 8). Limited: luma 16..235, chroma
/// 128 +- 112; full: 0..(2^depth - 1) / 2^(depth - 8).
YuvCode yuv_code(YuvWeights weights, bool full_range, int depth = 8);

/// Where the chroma samples of a frame stand; `left_sited`: on the even columns (MPEG-2, H.264),
/// otherwise between two columns (JPEG, MPEG-1). Vertically they stand between two lines.
YuvGrid yuv_grid(std::int64_t height, std::int64_t width, int step_y, int step_x, bool left_sited);

/// Planes [h, w] float32 on the 8-bit scale.
struct YuvPlanes {
  Tensor y, u, v;
};

/// [3, H, W] in [0, 1]. Throws ShapeError / PlacementError if the planes do not fit the grid.
Tensor yuv_to_rgb(const YuvPlanes& planes, const YuvGrid& grid, const YuvCode& code);

/// The planes of [3, H, W], not rounded. Throws ShapeError / PlacementError.
YuvPlanes rgb_to_yuv(const Tensor& rgb, const YuvGrid& grid, const YuvCode& code);

/// floor(value + 1/2) as uint8 (the values must be in 0..255).
Tensor round_codes(const Tensor& plane);

}  // namespace lvtino
