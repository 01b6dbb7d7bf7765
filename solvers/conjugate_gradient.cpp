#include "solvers/conjugate_gradient.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"

namespace lvtino {

SolveSummary conjugate_gradient(const std::function<Tensor(const Tensor&)>& h, const Tensor& b,
                                const Tensor& start, const ConjugateGradientOptions& options) {
  using Why = SolveSummary::Why;
  SolveSummary out{.x = start.clone(), .why = Why::iteration_limit};
  const double scale = l2_norm(b);
  if (scale == 0) {  // the solution is known, and a relative residual would be 0/0
    out.x.zero_();
    out.why = Why::converged;
    return out;
  }
  Tensor residual = b - h(out.x);
  double rho = inner_product(residual, residual);
  const double target = options.tolerance * scale;
  Tensor direction = residual.clone();
  // The recursive residual drifts from the true one: when it meets the target, the true residual
  // decides, and the iteration goes on from it if need be.
  while (out.iterations < options.max_iterations) {
    if (std::sqrt(rho) <= target) {
      residual = b - h(out.x);
      rho = inner_product(residual, residual);
      if (std::sqrt(rho) <= target) break;
      direction = residual.clone();
    }
    const Tensor image = h(direction);
    const double curvature = inner_product(direction, image);
    if (!(curvature > 0) || !std::isfinite(curvature)) {
      out.why = Why::breakdown;
      out.message = text("curvature p'Hp = ", curvature, " at iteration ", out.iterations);
      break;
    }
    const double step = rho / curvature;
    out.x.add_(direction, step);
    residual.sub_(image, step);
    const double next = inner_product(residual, residual);
    direction.mul_(next / rho).add_(residual);
    rho = next;
    ++out.iterations;
  }
  out.residual = l2_norm(b - h(out.x)) / scale;
  if (out.why != Why::breakdown && out.residual <= options.tolerance) out.why = Why::converged;
  if (out.why == Why::iteration_limit)
    out.message = text("relative residual ", out.residual, " after ", out.iterations,
                       " iterations; asked for ", options.tolerance);
  return out;
}

}  // namespace lvtino
