#pragma once

#include "operators/separable_operator.hpp"

namespace lvtino {

/// How `interpolate_measurement` fills in what lies between samples.
struct InterpolationRule {
  enum class Kernel {
    nearest,   ///< repetition
    bilinear,  ///< the triangle
    bicubic,   ///< Keys, a = -1/2
  };
  Kernel space = Kernel::bicubic, time = Kernel::nearest;
  /// Pixels of y are taken to lie in the middle of their blocks, (j + 1/2) H/h - 1/2, whatever the
  /// operator says: torch's align_corners = false, which is 3 pixels off for the decimation by 8 of the
  /// published code.
  bool block_centres = false;
};

/// The classical answer to a separable measurement: y enlarged to the domain, by default with Keys' bicubic
/// interpolation in space and repetition of frames in time.
///
/// Aligned with the operator: sample j of an axis is placed where row j of its map is centred, so
/// that nothing shifts, whatever the phase of the decimation. Beyond the outermost samples the last
/// one is repeated.
Tensor interpolate_measurement(const SeparableOperator& a, const Tensor& y, const InterpolationRule& rule = {});

}  // namespace lvtino
