#pragma once

#include <functional>

#include "solvers/solve_summary.hpp"

namespace lvtino {

struct ConjugateGradientOptions {
  double tolerance = 1e-6;  ///< on |b - H x| / |b|
  int max_iterations = 200;
};

/// Solves H x = b for a symmetric positive definite H by conjugate gradients (Hestenes and Stiefel,
/// 1952) from `start`. Inner products are float64. The residual reported is the true one,
/// |b - H x| / |b|, computed anew at the end; convergence is judged by it.
/// A direction with p'Hp <= 0 (H not positive definite) or a non-finite number is a breakdown.
SolveSummary conjugate_gradient(const std::function<Tensor(const Tensor&)>& h, const Tensor& b,
                                const Tensor& start, const ConjugateGradientOptions& options = {});

}  // namespace lvtino
