#pragma once

#include "operators/separable_operator.hpp"

namespace lvtino {

/// The classical answer to a separable measurement: y enlarged to the domain by Keys' bicubic
/// interpolation (a = -1/2) in space and repetition of frames in time.
///
/// Aligned with the operator: sample j of an axis is placed where row j of its map is centred, so
/// that nothing shifts, whatever the phase of the decimation. Beyond the outermost samples the last
/// one is repeated.
Tensor interpolate_measurement(const SeparableOperator& a, const Tensor& y);

}  // namespace lvtino
