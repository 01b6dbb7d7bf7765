#include "solvers/tv_least_squares.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "lvtino/core/error.hpp"
#include "solvers/smoothed_adam.hpp"
#include "solvers/tv_passes.hpp"

namespace lvtino {
namespace {

double largest_weight(const TotalVariation& tv) {
  const auto& w = tv.weights();
  return std::max({w.h, w.v, w.t});
}

}  // namespace

Tensor tv_least_squares_pdhg(const LinearOperator& a, const Tensor& y, const TotalVariation& tv,
                             const Tensor& start, const TvPdhgOptions& o) {
  if (o.iterations < 1 || !(o.primal_step > 0) || !(o.dual_step > 0) ||
      !(o.extrapolation >= 0 && o.extrapolation <= 1))
    throw NumericalError(text(
        "tv_least_squares_pdhg: expected iterations and steps > 0, extrapolation in [0, 1], got ",
        o.iterations, ", ", o.primal_step, ", ", o.dual_step, ", ", o.extrapolation));
  const double l = largest_weight(tv);
  Tensor x = start.clone(), other = start.clone();  // the predecessor of x, then its successor
  Tensor p = at::zeros_like(y);
  const TvDual q = TvDual::zeros(tv, x);
  for (int k = 0; k < o.iterations; ++k) {
    const Tensor ahead = at::add(x, at::sub(x, other), o.extrapolation);
    p.add_(a.apply(ahead).sub_(y), o.dual_step).div_(1 + o.dual_step);
    if (l > 0) {
      tv_dual_step(tv, x, other, o.extrapolation, o.dual_step / (l * l), q);
      tv_primal_step(tv, x, 1, x, 0, o.primal_step, q, 1, other);
    } else {
      other.copy_(x);
    }
    a.adjoint_add_in_place(other, -o.primal_step, p);
    std::swap(x, other);
  }
  return x;
}

Tensor tv_least_squares_adam(const LinearOperator& a, const Tensor& y, const TotalVariation& tv,
                             const Tensor& start, const TvAdamOptions& o) {
  if (o.iterations < 1 || !(o.learning_rate > 0) || !(o.smoothing > 0))
    throw NumericalError(
        text("tv_least_squares_adam: expected iterations, learning rate and smoothing > 0, got ",
             o.iterations, ", ", o.learning_rate, ", ", o.smoothing));
  if (o.box) o.box->require_valid();
  const double l = largest_weight(tv);
  Tensor x = start.clone();
  Tensor m = at::zeros_like(x), v = at::zeros_like(x), gradient = at::zeros_like(x);
  const TvDual q = TvDual::zeros(tv, x);
  for (int k = 1; k <= o.iterations; ++k) {
    if (l > 0) {
      tv_smoothed_field(tv, x, o.smoothing * l, q);
      tv_primal_step(tv, Tensor(), 0, x, 0, -1, q, 1, gradient);
    } else {
      gradient.zero_();
    }
    a.adjoint_add_in_place(gradient, 1, a.apply(x).sub_(y));
    adam_step(gradient, k, o.learning_rate, m, v, x);
    if (o.box) x.clamp_(o.box->low, o.box->high);
  }
  return x;
}

double tv_least_squares_value(const LinearOperator& a, const Tensor& y, const TotalVariation& tv,
                              const Tensor& x) {
  return squared_distance(a.apply(x), y) / 2 + (tv.is_zero() ? 0 : tv.value(x));
}

}  // namespace lvtino
