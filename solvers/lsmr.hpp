#pragma once

#include "operators/linear_operator.hpp"
#include "solvers/solve_summary.hpp"

namespace lvtino {

struct LsmrOptions {
  double tolerance = 1e-6;  ///< on |A'(b - A x) - damp^2 x| / reference
  int max_iterations = 200;
  double reference = 0;  ///< what the residual is relative to; 0: |A'b|
};

/// min_x |A x - b|^2 + damp^2 |x|^2 by LSMR (Fong and Saunders, 2011): MINRES on the normal equations through
/// the bidiagonalisation of Golub and Kahan, which does not square the condition of what it computes with.
/// From x = 0, so that damp = 0 gives the solution of least norm, A^+ b. |A'r - damp^2 x| never
/// grows. The residual reported is the true one, computed anew at the end; convergence is judged by
/// it. Where rounding keeps the true residual above what the recurrence says, that is a breakdown.
SolveSummary lsmr(const LinearOperator& a, const Tensor& b, double damp = 0, const LsmrOptions& options = {});

/// |A| from below by power iterations on A'A, until it grows by less than 1 part in 1000 (at most 50).
double estimated_norm(const LinearOperator& a);

}  // namespace lvtino
