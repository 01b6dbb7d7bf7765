#pragma once

#include <cstdint>

/// Colour, averaging and block transform of JPEG over plain pointers, one component and one row of
/// blocks at a time. Sums are in float64 whatever T is.
namespace lvtino::kernels {

/// One component of a frame of three planes; see JpegComponent.
struct JpegPlane {
  double color[3];
  int step_v, step_h;
  std::int64_t block_columns;
  std::int64_t height, width;     ///< of the frame
  std::int64_t channel_stride;    ///< between planes
  const std::int32_t* rows;
  const std::int32_t* columns;
};

/// Doubles that the functions below need as `scratch`.
std::int64_t jpeg_scratch(const JpegPlane& plane);

/// The coefficients of the blocks in row `block_row`: orthonormal 8 x 8 DCT-II of the averages of
/// <color, x>.
template <class T>
void jpeg_analyse(const JpegPlane& plane, const T* frame, std::int64_t block_row, T* coefficients,
                  double* scratch);

/// frame += color weight (spread of the inverse DCT). With `fold`, what lies beyond the picture is
/// added to its edge, as the adjoint of edge repetition does; without, it is dropped.
template <class T>
void jpeg_synthesise(const JpegPlane& plane, const T* coefficients, std::int64_t block_row,
                     double weight, bool fold, T* frame, double* scratch);

}  // namespace lvtino::kernels
