#pragma once

#include <optional>

#include "operators/linear_operator.hpp"
#include "solvers/box.hpp"
#include "solvers/total_variation.hpp"

/// The total-variation steps of the published code of LVTINO: a fixed number of iterations towards
///   min_x 1/2 |A x - y|^2 + phi(x)
/// from x. There is no proximal term: what the argument contributes is what the iterations have not
/// yet forgotten, so that their number is a hidden weight. For comparison; `JointProx` is the step
/// of Algorithm 1.
///
/// Pixels are in [0, 1]. That code works on 2 x - 1: its weight lambda is 2 l here, its smoothing 2
/// epsilon, its learning rate twice ours; its primal and dual steps are the same.
namespace lvtino {

struct TvPdhgOptions {
  int iterations = 200;
  double primal_step = 0.25, dual_step = 0.25, extrapolation = 1;
};

/// Problem A: the primal-dual iteration of Chambolle and Pock (2011) with both terms dual,
///   p <- (p + s (A x' - y)) / (1 + s),   q <- proj(q + s/l^2 K x'),
///   x <- x - t (A'p + K'q),   x' = x + theta (x - x before),
/// p = q = 0 at first; s the dual, t the primal step, l the largest weight (q is that code's dual
/// over l). Throws NumericalError unless the numbers are positive (extrapolation: in [0, 1]).
Tensor tv_least_squares_pdhg(const LinearOperator& a, const Tensor& y, const TotalVariation& tv,
                             const Tensor& start, const TvPdhgOptions& options);

struct TvAdamOptions {
  int iterations = 55;
  double learning_rate = 0.009924;
  double smoothing = 0.005;     ///< epsilon of sqrt(|D x|^2 + epsilon^2)
  std::optional<Box> box = {};  ///< x is cut to it after every iteration
};

/// Problem C: Adam on the objective with phi smoothed to the sum of sqrt(|K x|^2 + (l epsilon)^2),
/// moments 0 at first.
Tensor tv_least_squares_adam(const LinearOperator& a, const Tensor& y, const TotalVariation& tv,
                             const Tensor& start, const TvAdamOptions& options);

/// 1/2 |A x - y|^2 + phi(x), float64.
double tv_least_squares_value(const LinearOperator& a, const Tensor& y, const TotalVariation& tv,
                              const Tensor& x);

}  // namespace lvtino
