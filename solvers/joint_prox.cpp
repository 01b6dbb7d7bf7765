#include "solvers/joint_prox.hpp"

#include <cmath>
#include <utility>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

// The three passes over memory, for the dtype at hand.
template <class T>
void dual_step_of(const TotalVariation& tv, const Tensor& x, const Tensor& previous, double theta,
                  double step, const TvDual& q) {
  kernels::tv_dual_step<T>(tv_shape(x), tv.weights(), x.const_data_ptr<T>(),
                           previous.const_data_ptr<T>(), T(theta), T(step), tv_fields<T>(q));
}

void dual_step(const TotalVariation& tv, const Tensor& x, const Tensor& previous, double theta,
               double step, const TvDual& q) {
  if (x.scalar_type() == at::kFloat) return dual_step_of<float>(tv, x, previous, theta, step, q);
  dual_step_of<double>(tv, x, previous, theta, step, q);
}

// out = a x + b u - c K'q; returns <K'q, u> - gamma/2 |K'q|^2. `x` may be undefined where a is 0.
template <class T>
double primal_step_of(const TotalVariation& tv, const Tensor& x, double a, const Tensor& u, double b,
                      double c, const TvDual& q, double gamma, Tensor& out) {
  return kernels::tv_primal_step<T>(tv_shape(u), tv.weights(),
                                    x.defined() ? x.const_data_ptr<T>() : nullptr, T(a),
                                    u.const_data_ptr<T>(), T(b), T(c), tv_fields<T>(q), gamma,
                                    out.mutable_data_ptr<T>());
}

double primal_step(const TotalVariation& tv, const Tensor& x, double a, const Tensor& u, double b,
                   double c, const TvDual& q, double gamma, Tensor& out) {
  if (u.scalar_type() == at::kFloat)
    return primal_step_of<float>(tv, x, a, u, b, c, q, gamma, out);
  return primal_step_of<double>(tv, x, a, u, b, c, q, gamma, out);
}

kernels::TvValue value_of(const TotalVariation& tv, const Tensor& x, const Tensor& u) {
  if (x.scalar_type() == at::kFloat)
    return kernels::tv_value<float>(tv_shape(x), tv.weights(), x.const_data_ptr<float>(),
                                    u.const_data_ptr<float>());
  return kernels::tv_value<double>(tv_shape(x), tv.weights(), x.const_data_ptr<double>(),
                                   u.const_data_ptr<double>());
}

struct Certificate {
  double primal, lower;
  /// Not finite where P or D is not.
  double gap() const {
    const double difference = primal - lower;
    return difference == 0 ? 0 : difference / std::max(std::abs(primal), std::abs(lower));
  }
};

// P at x and D at q. Overwrites `scratch`, a video.
Certificate certificate(const DataTerm* data, const TotalVariation& tv, const Tensor& x,
                        const TvDual& q, const Tensor& u, double gamma, Tensor& scratch) {
  const kernels::TvValue value = value_of(tv, x, u);
  Certificate out{value.variation + value.squared_distance / (2 * gamma), 0};
  out.lower = primal_step(tv, Tensor(), 0, u, 1, gamma, q, gamma, scratch);
  if (data) {
    out.primal += data->value(x);
    out.lower += data->envelope_lower_bound(scratch, gamma);
  }
  return out;
}

// The primal step that balances the two variables: the change of x a voxel over the size of K'q. The
// mean variation of u a voxel stands in for the former (both scale as u does), |K| for the latter. The
// factors are measured; see docs/mathematics.md, "Steps". The accelerated rule shrinks its step anyway
// and only has to begin large enough.
double chosen_step(const TotalVariation& tv, const Tensor& u, double squared_norm, double gamma,
                   StepRule rule) {
  const double factor = rule == StepRule::plain ? 0.4 : 4;
  const double mean_variation = tv.value(u) / double(u.numel());
  return mean_variation > 0 ? factor * mean_variation / squared_norm : gamma;
}

}  // namespace

JointProx::JointProx(std::shared_ptr<const DataTerm> data, TotalVariation tv,
                     JointProxOptions options)
    : data_(std::move(data)), tv_(tv), options_(options) {
  if (!(options_.tolerance > 0) || options_.max_iterations < 1 || options_.step < 0 ||
      options_.check_every < 0)
    throw NumericalError(text("joint prox: expected tolerance > 0, max_iterations >= 1, step >= 0, ",
                              "check_every >= 0, got ", options_.tolerance, ", ",
                              options_.max_iterations, ", ", options_.step, ", ",
                              options_.check_every));
}

double JointProx::value(const Tensor& x) const {
  return tv_.value(x) + (data_ ? data_->value(x) : 0);
}

SolveSummary JointProx::do_solve(const Tensor& v, double gamma) const {
  return solve_from(v, gamma).summary;
}

JointSolution JointProx::certify(const Tensor& x, const TvDual& q, const Tensor& u,
                                 double gamma) const {
  require_step(gamma, "joint prox");
  Tensor scratch = at::empty_like(u);
  const Certificate bound = certificate(data_.get(), tv_, x, q, u, gamma, scratch);
  return {.summary = {.x = x, .residual = bound.gap()},
          .dual = q,
          .primal = bound.primal,
          .lower = bound.lower};
}

JointSolution JointProx::solve_from(const Tensor& u, double gamma, TvDual&& start) const {
  require_step(gamma, "joint prox");
  tv_shape(u);  // refuses what the kernels cannot take
  const double squared_norm = tv_.squared_norm(shape_of(u));
  if (squared_norm == 0) {  // no weight, or axes of one sample: nothing varies
    if (!data_) return {.summary = {.x = u.clone()}};
    return {.summary = data_->solve(u, gamma)};
  }
  JointSolution out;
  const bool warm = start.fits(tv_, u);
  out.dual = std::exchange(start, {});
  if (!warm) out.dual = {}, out.dual = TvDual::zeros(tv_, u);  // what does not fit goes first
  double tau = options_.step > 0 ? options_.step * gamma
                                 : chosen_step(tv_, u, squared_norm, gamma, options_.rule);
  double sigma = 1 / (tau * squared_norm), theta = 1;
  const int check_every = options_.check_every > 0 ? options_.check_every : 5;

  SolveSummary& summary = out.summary;
  summary.why = SolveSummary::Why::iteration_limit;
  Tensor x = u.clone();
  if (warm) {  // the x that belongs to the field: with the optimal one, the minimiser
    primal_step(tv_, Tensor(), 0, u, 1, gamma, out.dual, gamma, x);
    if (data_) data_->solve_in_place(x, gamma);
  }
  Tensor other = x.clone();  // the predecessor of x, then its successor
  while (true) {
    dual_step(tv_, x, other, theta, sigma, out.dual);
    // The predecessor is spent here, so the certificate may use its memory.
    const bool last = summary.iterations >= options_.max_iterations;
    if (last || (summary.iterations > 0 && summary.iterations % check_every == 0)) {
      const Certificate bound = certificate(data_.get(), tv_, x, out.dual, u, gamma, other);
      out.primal = bound.primal, out.lower = bound.lower;
      summary.residual = bound.gap();
      if (!std::isfinite(summary.residual)) {
        summary.why = SolveSummary::Why::breakdown;
        summary.message = text("the objective is not finite at iteration ", summary.iterations);
        break;
      }
      if (summary.residual <= options_.tolerance) {
        summary.why = SolveSummary::Why::converged;
        break;
      }
      if (last) break;
    }
    const double merged = 1 / (1 / gamma + 1 / tau);
    primal_step(tv_, x, merged / tau, u, merged / gamma, merged, out.dual, gamma, other);
    if (data_) data_->solve_in_place(other, merged);
    std::swap(x, other);
    if (options_.rule == StepRule::accelerated) {
      theta = 1 / std::sqrt(1 + 2 * tau / gamma);
      tau *= theta, sigma /= theta;
    }
    ++summary.iterations;
  }
  summary.x = x;
  if (summary.why == SolveSummary::Why::iteration_limit)
    summary.message = text("relative duality gap ", summary.residual, " after ",
                           summary.iterations, " iterations; asked for ", options_.tolerance);
  return out;
}

}  // namespace lvtino
