#pragma once

#include <vector>

#include "operators/linear_operator.hpp"

namespace lvtino {

/// A = A_n ... A_2 A_1, `stages` in the order of application. Neighbouring separable stages become
/// one SeparableOperator, so that a wholly separable chain keeps its exact factors; a stack after other
/// stages becomes the stack of its parts after them; other chains have no factors. Throws ShapeError if a range does not fit the next domain or `stages` is empty,
/// PlacementError if the stages do not share dtype and device.
OperatorPtr compose(const std::vector<OperatorPtr>& stages);

}  // namespace lvtino
