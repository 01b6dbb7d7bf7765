#include "solvers/chambolle_pock.hpp"

#include <cmath>

#include "solvers/joint_certificate.hpp"
#include "solvers/tv_passes.hpp"

namespace lvtino {

JointSolution chambolle_pock(const JointProblem& p, const JointProxOptions& options, TvDual&& start) {
  const auto& [data, tv, u, gamma, box, slices] = p;
  JointSolution out;
  JointMonitor monitor(p, options, out);
  const bool warm = p.adopt(std::move(start), out.dual);
  const double squared_norm = p.squared_norm();
  const double share = box && squared_norm > 0 ? 0.5 : 1;  // of the step condition, for each of q and r
  double tau = options.step * gamma, theta = 1;
  double sigma = squared_norm > 0 ? share / (tau * squared_norm) : 0, sigma_box = share / tau;
  Tensor x = u.clone();
  if (warm) primal_of_dual(p, out.dual, x);
  Tensor other = x.clone();  // the predecessor of x, then its successor
  while (true) {
    if (squared_norm > 0) tv_dual_step(tv, x, other, theta, sigma, out.dual);
    if (box) box->dual_step(x, other, theta, sigma_box, out.dual.box);
    // The predecessor is spent here, so the certificate may use its memory.
    if (monitor.due() && monitor.stop(x, other)) break;
    const double merged = 1 / (1 / gamma + 1 / tau);
    tv_primal_step(tv, x, merged / tau, u, merged / gamma, merged, out.dual, gamma, other);
    if (box) other.sub_(out.dual.box, merged);
    if (data) data->solve_in_place(other, merged);
    std::swap(x, other);
    if (options.rule == StepRule::accelerated) {
      theta = 1 / std::sqrt(1 + 2 * tau / gamma);
      tau *= theta, sigma /= theta, sigma_box /= theta;
    }
    monitor.next();
  }
  monitor.finish(x);
  return out;
}

}  // namespace lvtino
