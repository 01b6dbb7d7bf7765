#include "solvers/smoothed_adam.hpp"

#include <algorithm>
#include <cmath>

#include "lvtino/core/error.hpp"
#include "solvers/adam_kernels.hpp"
#include "solvers/joint_certificate.hpp"
#include "solvers/tv_passes.hpp"

namespace lvtino {
namespace {

template <class T>
void adam_step_of(const Tensor& gradient, int iteration, double rate, Tensor& m, Tensor& v, Tensor& x) {
  kernels::adam_step<T>(x.numel(), gradient.const_data_ptr<T>(), iteration, rate, m.mutable_data_ptr<T>(),
                        v.mutable_data_ptr<T>(), x.mutable_data_ptr<T>());
}

// phi(x) - <K x, q>: what smoothing leaves of the gap. Overwrites `scratch`.
double smoothing_gap(const JointProblem& p, const Tensor& x, const TvDual& q, Tensor& scratch) {
  tv_primal_step(p.tv, Tensor(), 0, p.u, 0, -1, q, p.gamma, scratch);
  return p.tv.value(x) - inner_product(scratch, x);
}

}  // namespace

void adam_step(const Tensor& gradient, int iteration, double rate, Tensor& m, Tensor& v, Tensor& x) {
  (x.scalar_type() == at::kFloat ? adam_step_of<float> : adam_step_of<double>)(gradient, iteration, rate, m, v, x);
}

JointSolution smoothed_adam(const JointProblem& p, const JointProxOptions& options, TvDual&& start) {
  const auto& [data, tv, u, gamma, box, slices] = p;
  if (box) throw NotSupportedError("adam: expected no box");
  JointSolution out;
  JointMonitor monitor(p, options, out);
  const bool warm = p.adopt(std::move(start), out.dual);
  const auto& weights = tv.weights();
  const double mu = options.adam.smoothing * std::max({weights.h, weights.v, weights.t});
  Tensor x = u.clone();
  if (warm) primal_of_dual(p, out.dual, x);
  Tensor m = at::zeros_like(u), v = at::zeros_like(u), gradient = at::empty_like(u);
  while (true) {
    tv_smoothed_field(tv, x, mu, out.dual);
    if (monitor.due() && monitor.stop(x, gradient)) break;
    tv_primal_step(tv, x, 1 / gamma, u, -1 / gamma, -1, out.dual, gamma, gradient);
    if (data) gradient.add_(data->gradient(x));
    monitor.next();
    adam_step(gradient, monitor.iteration(), options.adam.learning_rate, m, v, x);
  }
  const double floor = smoothing_gap(p, x, out.dual, gradient) / std::abs(out.primal);
  monitor.finish(x, text("smoothing makes ", floor, " of the gap"));
  return out;
}

}  // namespace lvtino
