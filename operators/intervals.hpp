#pragma once

#include "operators/linear_operator.hpp"

namespace lvtino {

/// The convex set C = {x : lower <= A x <= upper}: what a quantised or saturated measurement says.
/// Bounds may be infinite on their own side.
struct Intervals {
  /// `lower` and `upper` have the operator's range, or 1 along axes that repeat. Throws ShapeError /
  /// PlacementError if they do not fit, NumericalError if a bound is not a number or lower > upper.
  Intervals(OperatorPtr a, Tensor lower_bounds, Tensor upper_bounds);

  OperatorPtr op;
  Tensor lower, upper;  ///< of the range

  /// The largest distance of a value of A x from its interval; 0 inside.
  double violation(const Tensor& x) const;
  /// max(lower - r, r - upper, 0) for values r = A x.
  Tensor excess(const Tensor& values) const;
  /// sup over z in the box of <m, z> less <m, r>, summed in float64: the support function of the box
  /// at multipliers m, seen from r. Infinite where m points along an open side.
  double support(const Tensor& multipliers, const Tensor& r) const;
};

}  // namespace lvtino
