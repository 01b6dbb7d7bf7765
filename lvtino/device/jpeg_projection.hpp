#pragma once

#include <array>

#include "lvtino/device/runtime.hpp"
#include "operators/jpeg_layout.hpp"

namespace lvtino::device {

/// Videos [batch, 3, frames, height, width], height and width multiples of 8.
struct JpegVideo {
  std::int64_t batch, frames, height, width;
};

/// out = the nearest video to v whose JPEG coefficients lie in [lower, upper], arrays of the shapes
/// of JpegTransform; `out` may be v. 12 words a pixel: v, two bounds, the result, three each.
///
/// One pass: colours and block transform, the nearest point of a box for each three coefficients in
/// the metric of the colour matrix (by coordinates in turn, to rounding), and back. T's arithmetic.
/// Throws NotSupportedError unless the layout is invertible.
template <class T>
void jpeg_project(const Stream& stream, const JpegVideo& video, const JpegLayout& layout,
                  const T* lower, const T* upper, const T* v, T* out);

}  // namespace lvtino::device
