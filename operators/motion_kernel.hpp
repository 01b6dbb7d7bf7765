#pragma once

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// Linear motion blur: [Kh, Kw] float64, sum one, odd sizes, point symmetric about its middle tap.
///
/// The trace of a point that moves `length` pixels at constant speed in the direction `angle`
/// (degrees, 0 to the right, 90 upwards), seen by pixels with the bilinear response
/// L(u, v) = max(0, 1-|u|) max(0, 1-|v|):
///   k[i, j] = (1/length) integral over |s| <= length/2 of L(j - s cos angle, i + s sin angle) ds,
/// i, j counted from the middle. L is a partition of unity, so that the sum is one without
/// normalisation, and it is smooth in the angle. The integrals are exact to rounding; length 0 is the
/// unit kernel. Throws ShapeError unless 0 <= length <= 1000 and the angle is finite.
Tensor motion_kernel(double length, double angle);

}  // namespace lvtino
