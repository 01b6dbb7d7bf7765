#include "solvers/prox.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"

namespace lvtino {

void require_step(double gamma, const char* what) {
  if (!(gamma > 0) || !std::isfinite(gamma))
    throw NumericalError(text(what, ": expected gamma > 0, got ", gamma));
}

SolveSummary Prox::solve(const Tensor& v, double gamma) const {
  require_step(gamma, "prox");
  return do_solve(v, gamma);
}

Tensor Prox::apply(const Tensor& v, double gamma) const {
  SolveSummary summary = solve(v, gamma);
  if (!summary.ok())
    throw NumericalError(text("prox: ", to_string(summary.why), ": ", summary.message));
  return summary.x;
}

}  // namespace lvtino
