#include "solvers/fixed_conjugate_gradient.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"

namespace lvtino {

SolveSummary fixed_conjugate_gradient(const std::function<Tensor(const Tensor&)>& h,
                                      const Tensor& b, const Tensor& start,
                                      const FixedConjugateGradientOptions& options) {
  if (options.iterations < 1 || !(options.absolute_stop >= 0))
    throw NumericalError(
        text("fixed_conjugate_gradient: expected iterations >= 1 and an absolute stop >= 0, got ",
             options.iterations, " and ", options.absolute_stop));
  using Why = SolveSummary::Why;
  const auto round = [&](const auto& value) { return rounded(value, options.rounding); };
  const auto product = [&](const Tensor& p, const Tensor& q) { return round(inner_product(p, q)); };
  Tensor x = round(start).clone();
  Tensor residual = round(round(b) - round(h(x)));
  Tensor direction = residual.clone();
  double rho = product(residual, residual);
  SolveSummary out{.why = rho == 0 ? Why::exact : Why::iteration_limit};
  while (out.iterations < options.iterations && rho > 0) {
    const Tensor image = round(h(direction));
    const double curvature = product(direction, image);
    if (!(curvature > 0) || !std::isfinite(curvature)) {
      out.why = Why::breakdown;
      break;
    }
    const double step = round(rho / curvature);
    x = round(x + round(direction * step));
    residual = round(residual - round(image * step));
    const double next = product(residual, residual);
    ++out.iterations;
    if (std::sqrt(next) < options.absolute_stop) out.why = Why::converged;
    direction = round(residual + round(direction * round(next / rho)));
    rho = next;
    if (out.why == Why::converged) break;
  }
  const double scale = l2_norm(b), left = l2_norm(b - h(x));
  out.residual = scale > 0 ? left / scale : left;
  out.message =
      text(out.iterations, " iterations; residual ", left, ", by recursion ", std::sqrt(rho));
  out.x = std::move(x);
  return out;
}

}  // namespace lvtino
