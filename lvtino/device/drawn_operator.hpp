#pragma once

#include "lvtino/device/comparison.hpp"
#include "operators/axis_maps.hpp"
#include "operators/separable_operator.hpp"

namespace lvtino::device {

/// Decimations and blurs of the problems of the paper, so that the spectrum is neither flat nor
/// regular, of one or two samples and one to three channels.
std::shared_ptr<const SeparableOperator> drawn_restorable(Extents& draw, at::ScalarType dtype);

}  // namespace lvtino::device
