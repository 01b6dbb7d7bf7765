#include "solvers/chambolle_pock.hpp"

#include <cmath>

#include "solvers/joint_certificate.hpp"
#include "solvers/tv_passes.hpp"

namespace lvtino {

namespace {

// rho of the plain rule where none is named: among the fastest from light to heavy problems (docs/mathematics.md).
constexpr double kRelaxation = 1.8;

}  // namespace

double relaxation_of(const JointProxOptions& options) {
  if (options.rule == StepRule::accelerated) return 1;
  return options.relaxation > 0 ? options.relaxation : kRelaxation;
}

JointSolution chambolle_pock(const JointProblem& p, const JointProxOptions& options, TvDual&& start) {
  const auto& [data, tv, u, gamma, box, slices] = p;
  JointSolution out;
  JointMonitor monitor(p, options, out);
  const bool warm = p.take(std::move(start), out.dual);
  const double squared_norm = p.squared_norm();
  const double share = box && squared_norm > 0 ? 0.5 : 1;  // of the step condition, for each of q and r
  const bool accelerated = options.rule == StepRule::accelerated;
  const double relaxation = relaxation_of(options);
  double tau = options.step * gamma, theta = 1;
  double sigma = squared_norm > 0 ? share / (tau * squared_norm) : 0, sigma_box = share / tau;
  Tensor x = at::empty_like(u);
  Tensor state = at::empty_like(u);  // what x is the prox of, relaxed; unrelaxed the predecessor of x
  if (warm) {
    primal_of_dual(p, out.dual, x);
    state.copy_(x);
  } else {
    out.dual = TvDual::unset(tv, u, box.has_value());
    if (box) out.dual.box.zero_();
  }
  for (bool first = !warm;; first = false) {
    const double merged = 1 / (1 / gamma + 1 / tau);
    // A relaxed field may leave the ball and then bounds nothing: where a certificate is due, rho is 1.
    const bool due = monitor.due();
    if (box) box->dual_step(first ? u : x, first ? u : state, theta, sigma_box, due ? 1 : relaxation, out.dual.box);
    if (first) {  // x, state and field are u, u and 0: nothing need be there yet
      tv_first_step(tv, u, sigma, relaxation, merged / tau, merged / gamma, merged, out.dual, x, state);
    } else if (due) {
      if (squared_norm > 0) tv_dual_step(tv, x, state, theta, sigma, out.dual);
      // The state is spent here, so the certificate may use its memory.
      if (monitor.stop(x, state)) break;
      tv_primal_step(tv, x, merged / tau, u, merged / gamma, merged, out.dual, gamma, state);
      std::swap(x, state);
    } else {
      tv_primal_dual_step(tv, x, state, theta, sigma, relaxation, u, merged / tau, merged / gamma, merged,
                          out.dual);
    }
    if (box) x.sub_(out.dual.box, merged);
    if (data) data->solve_in_place(x, merged);
    if (accelerated) {
      theta = 1 / std::sqrt(1 + 2 * tau / gamma);
      tau *= theta, sigma /= theta, sigma_box /= theta;
    }
    monitor.next();
  }
  monitor.finish(x);
  return out;
}

}  // namespace lvtino
