#include "operators/intervals.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

Tensor of_range(const LinearOperator& a, const Tensor& bounds, const char* what) {
  if (placement_of(bounds) != a.placement())
    throw PlacementError(text("intervals: the ", what, " bounds are ", describe(bounds),
                              ", the operator is of ", to_string(a.placement())));
  const Shape& range = a.range();
  bool fits = bounds.dim() == std::int64_t(range.size());
  for (std::size_t i = 0; fits && i < range.size(); ++i)
    fits = bounds.size(std::int64_t(i)) == range[i] || bounds.size(std::int64_t(i)) == 1;
  if (!fits)
    throw ShapeError(text("intervals: the ", what, " bounds are ", describe(bounds),
                          ", the range is ", to_string(range)));
  return bounds.expand(range).contiguous();
}

}  // namespace

Intervals::Intervals(OperatorPtr a, Tensor lower_bounds, Tensor upper_bounds)
    : op(std::move(a)),
      lower(of_range(*op, lower_bounds, "lower")),
      upper(of_range(*op, upper_bounds, "upper")) {
  const std::int64_t bad = (lower <= upper).logical_not().sum().item<std::int64_t>();
  if (bad > 0)
    throw NumericalError(text("intervals: ", bad, " of ", lower.numel(),
                              " have no lower bound <= upper bound"));
}

Tensor Intervals::excess(const Tensor& values) const {
  return at::maximum(lower - values, values - upper).clamp_min_(0);
}

double Intervals::violation(const Tensor& x) const {
  return excess(op->apply(x)).max().item<double>();
}

double Intervals::support(const Tensor& multipliers, const Tensor& r) const {
  // 0 times an infinite bound is none.
  const Tensor zero = at::zeros({}, multipliers.options());
  const Tensor bound = at::where(multipliers > 0, upper - r, lower - r);
  return mean_value(at::where(multipliers == 0, zero, multipliers * bound)) *
         double(multipliers.numel());
}

}  // namespace lvtino
