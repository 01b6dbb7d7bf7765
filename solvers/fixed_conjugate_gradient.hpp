#pragma once

#include <functional>

#include "lvtino/core/rounding.hpp"
#include "solvers/solve_summary.hpp"

namespace lvtino {

/// How many iterations, whatever they reach: a hidden regularisation, and what published codes run.
struct FixedConjugateGradientOptions {
  int iterations = 10;
  /// On the recursive |r|, not relative: the published code of LVTINO stops below 1e-6. 0: never.
  double absolute_stop = 0;
  /// Every vector and scalar is rounded to this after each operation.
  Rounding rounding = Rounding::none;
};

/// `iterations` steps of conjugate gradients on H x = b from `start`, for a symmetric positive
/// semidefinite H. Inner products are float64, then rounded as the rest.
///
/// `why` is `exact` only where b - H x vanished, `converged` where the absolute stop was met, else
/// `iteration_limit`. `residual` is the true |b - H x| / |b|, computed without rounding, and the
/// message has the recursive one beside it: in bfloat16 they differ by orders of magnitude. Throws
/// NumericalError unless iterations >= 1.
SolveSummary fixed_conjugate_gradient(const std::function<Tensor(const Tensor&)>& h,
                                      const Tensor& b, const Tensor& start,
                                      const FixedConjugateGradientOptions& options);

}  // namespace lvtino
