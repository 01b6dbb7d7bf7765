#include "solvers/joint_prox.hpp"

#include <cmath>
#include <utility>

#include "lvtino/core/error.hpp"
#include "solvers/admm.hpp"
#include "solvers/chambolle_pock.hpp"
#include "solvers/data_prox.hpp"
#include "solvers/dual_fista.hpp"
#include "solvers/joint_by_slice.hpp"
#include "solvers/joint_certificate.hpp"
#include "solvers/joint_device.hpp"
#include "solvers/smoothed_adam.hpp"

namespace lvtino {
namespace {

void require_valid(const JointProxOptions& o) {
  if (!(o.tolerance > 0) || o.max_iterations < 1 || o.step < 0 || o.check_every < 0)
    throw NumericalError(text("joint prox: expected tolerance > 0, max_iterations >= 1, step >= 0, ",
                              "check_every >= 0, got ", o.tolerance, ", ", o.max_iterations, ", ", o.step,
                              ", ", o.check_every));
  if (o.relaxation < 0 || o.relaxation >= 2)
    throw NumericalError(text("joint prox: expected 0 <= relaxation < 2, got ", o.relaxation));
  if (o.relaxation > 0 && o.relaxation != 1 && o.rule == StepRule::accelerated)
    throw NotSupportedError("joint prox: steps that shrink are not relaxed");
  if (o.penalty < 0 || o.data_penalty < 0 || !(o.adam.learning_rate > 0) || !(o.adam.smoothing > 0))
    throw NumericalError(text("joint prox: expected penalties >= 0, learning rate and smoothing > 0, got ",
                              o.penalty, ", ", o.data_penalty, ", ", o.adam.learning_rate, ", ",
                              o.adam.smoothing));
  if (o.box) o.box->require_valid();
  if (o.box && (o.method == JointMethod::admm || o.method == JointMethod::adam))
    throw NotSupportedError(text("joint prox: a box needs chambolle_pock or fista, got ", to_string(o.method)));
  if (o.by_slice && o.method != JointMethod::chambolle_pock)
    throw NotSupportedError(text("joint prox: slice by slice needs chambolle_pock, got ", to_string(o.method)));
}

std::vector<std::shared_ptr<const DataTerm>> slices_of(const DataTerm* data) {
  std::vector<std::shared_ptr<const DataTerm>> out;
  if (!data) return out;
  const Shape& domain = data->domain();
  if (domain[0] * domain[1] == 1) return out;
  for (std::int64_t n = 0; n < domain[0]; ++n)
    for (std::int64_t c = 0; c < domain[1]; ++c) {
      out.push_back(data->slice(n, c));
      if (!out.back()) return {};
    }
  return out;
}

std::string refusal_of(const DataTerm* data, const JointProxOptions& o) {
  if (!o.device) return "";
  if (!data) return o.device->refusal(nullptr, o);
  const auto* const gaussian = dynamic_cast<const DataProx*>(data);
  if (!gaussian) return text("the data term ", data->name(), " is not that of a linear Gaussian measurement");
  return o.device->refusal(gaussian->measurement().op.get(), o);
}

}  // namespace

JointProx::JointProx(std::shared_ptr<const DataTerm> data, TotalVariation tv,
                     JointProxOptions options)
    : data_(std::move(data)), tv_(tv), options_(std::move(options)), slices_(slices_of(data_.get())) {
  require_valid(options_);
  refusal_ = refusal_of(data_.get(), options_);
}

double JointProx::value(const Tensor& x) const {
  if (options_.box && !options_.box->contains(x)) return INFINITY;
  return tv_.value(x) + (data_ ? data_->value(x) : 0);
}

SolveSummary JointProx::do_solve(const Tensor& v, double gamma) const {
  return solve_from(v, gamma).summary;
}

JointProblem JointProx::problem_at(const Tensor& u, double gamma) const {
  tv_shape(u);  // refuses what the kernels cannot take
  JointProblem out{.data = data_.get(), .tv = tv_, .u = u, .gamma = gamma, .box = options_.box,
                   .slices = slices_};
  if (!data_) out.slices.resize(std::size_t(u.size(0) * u.size(1)));
  return out;
}

JointSolution JointProx::certify(const Tensor& x, const TvDual& q, const Tensor& u,
                                 double gamma) const {
  require_step(gamma, "joint prox");
  Tensor scratch = at::empty_like(u);
  const CurvePoint bound = certificate(problem_at(u, gamma), x, q, scratch);
  return {.summary = {.x = x, .residual = bound.gap()},
          .dual = q,
          .primal = bound.primal,
          .lower = bound.lower};
}

JointSolution JointProx::solve_from(const Tensor& u, double gamma, TvDual&& start) const {
  require_step(gamma, "joint prox");
  const JointProblem problem = problem_at(u, gamma);
  if (problem.squared_norm() == 0 && !options_.box) {  // no weight, or axes of one sample: nothing varies
    if (!data_) return {.summary = {.x = u.clone()}};
    return {.summary = data_->solve(u, gamma)};
  }
  if (options_.device && refusal_.empty()) return options_.device->solve(problem, options_, std::move(start));
  JointProxOptions options = options_;
  if (options.step == 0) options.step = chosen_step(problem, options.rule) / gamma;
  if (options.by_slice) return joint_by_slice(problem, options, std::move(start));
  switch (options.method) {
    case JointMethod::chambolle_pock: return chambolle_pock(problem, options, std::move(start));
    case JointMethod::fista: return dual_fista(problem, options, std::move(start));
    case JointMethod::admm: return admm(problem, options, std::move(start));
    case JointMethod::adam: return smoothed_adam(problem, options, std::move(start));
  }
  throw NotSupportedError("joint prox: no such method");
}

}  // namespace lvtino
