#pragma once

#include "solvers/solve_summary.hpp"

namespace lvtino {

/// The proximal map of a convex f, in one convention everywhere:
/// prox(v, gamma) = argmin_x f(x) + |x - v|^2 / (2 gamma), gamma > 0.
class Prox {
 public:
  virtual ~Prox() = default;

  /// Throws ShapeError / PlacementError if v does not fit, NumericalError unless gamma > 0 is finite.
  SolveSummary solve(const Tensor& v, double gamma) const;
  /// The minimiser alone, for closed forms and tests. Throws NumericalError if it was not reached.
  Tensor apply(const Tensor& v, double gamma) const;

  /// f(x), summed in float64.
  virtual double value(const Tensor& x) const = 0;

 private:
  virtual SolveSummary do_solve(const Tensor& v, double gamma) const = 0;
};

/// Throws NumericalError unless `gamma` is positive and finite.
void require_step(double gamma, const char* what);

}  // namespace lvtino
