#include "solvers/joint_certificate.hpp"

#include <algorithm>
#include <cmath>

#include "lvtino/core/error.hpp"
#include "solvers/tv_passes.hpp"

namespace lvtino {

namespace {

constexpr int kFirstCheck = 4;  // iterations to the first certificate and, at least, from one to the next

}  // namespace

Tensor slice_of(const Tensor& video, std::int64_t index) {
  if (!video.defined()) return video;
  return video.view({-1, 1, video.size(2), video.size(3), video.size(4)}).narrow(0, index, 1);
}

TvDual slice_of(const TvDual& dual, std::int64_t index) {
  return {slice_of(dual.h, index), slice_of(dual.v, index), slice_of(dual.t, index),
          slice_of(dual.box, index)};
}

void primal_of_dual(const JointProblem& p, const TvDual& dual, Tensor& x) {
  tv_primal_step(p.tv, Tensor(), 0, p.u, 1, p.gamma, dual, p.gamma, x);
  if (p.box) x.sub_(dual.box, p.gamma);
  if (p.data) p.data->solve_in_place(x, p.gamma);
}

CurvePoint certificate(const JointProblem& p, const Tensor& x, const TvDual& dual, Tensor& scratch) {
  CurvePoint out;
  if (p.slices.size() > 1) {
    for (std::size_t i = 0; i < p.slices.size(); ++i) {
      const auto index = std::int64_t(i);
      const Tensor u = slice_of(p.u, index);
      Tensor space = slice_of(scratch, index);
      const JointProblem part{.data = p.slices[i].get(), .tv = p.tv, .u = u, .gamma = p.gamma, .box = p.box};
      const CurvePoint sum = certificate(part, slice_of(x, index), slice_of(dual, index), space);
      out.primal += sum.primal, out.lower += sum.lower;
    }
    return out;
  }
  const kernels::TvValue value = tv_value(p.tv, x, p.u);
  out.primal = value.variation + value.squared_distance / (2 * p.gamma);
  if (p.box) {  // K'q alone, then w and the sums in one pass
    tv_primal_step(p.tv, Tensor(), 0, p.u, 0, -1, dual, p.gamma, scratch);
    out.lower = p.box->shift(p.u, dual.box, p.gamma, scratch);
    if (!p.box->contains(x)) out.primal = INFINITY;
  } else if (!p.data) {
    out.lower = tv_dual_value(p.tv, p.u, dual, p.gamma);
  } else {
    out.lower = tv_primal_step(p.tv, Tensor(), 0, p.u, 1, p.gamma, dual, p.gamma, scratch);
  }
  if (p.data) {
    out.primal += p.data->value(x);
    out.lower += p.data->envelope_lower_bound(scratch, p.gamma);
  }
  return out;
}

JointMonitor::JointMonitor(const JointProblem& problem, const JointProxOptions& options, JointSolution& out)
    : problem_(problem), options_(options), out_(out) {
  out_.summary.why = SolveSummary::Why::iteration_limit;
  if (problem_.box) projected_ = at::empty_like(problem_.u);
}

bool JointMonitor::due() const {
  if (iteration() >= options_.max_iterations) return true;
  if (options_.check_every > 0) return iteration() > 0 && iteration() % options_.check_every == 0;
  // A function of the number alone, so that a slice is certified where the whole is.
  int next = kFirstCheck;
  while (next < iteration()) next += std::max(kFirstCheck, next / 8);
  return next == iteration();
}

bool JointMonitor::stop(const Tensor& x, Tensor& scratch) {
  return stop([&] {
    if (problem_.box) problem_.box->project(x, projected_);
    return certificate(problem_, problem_.box ? projected_ : x, out_.dual, scratch);
  });
}

bool JointMonitor::stop(const std::function<CurvePoint()>& draw) {
  const double before = clock_.seconds();
  CurvePoint point = draw();
  point.iteration = iteration();
  point.seconds = before - certificate_seconds_;
  certificate_seconds_ += clock_.seconds() - before;
  out_.curve.push_back(point);
  out_.primal = point.primal, out_.lower = point.lower;
  out_.summary.residual = point.gap();
  if (!std::isfinite(out_.summary.residual)) {
    out_.summary.why = SolveSummary::Why::breakdown;
    out_.summary.message = text("the objective is not finite at iteration ", iteration());
    return true;
  }
  if (out_.summary.residual <= options_.tolerance && iteration() >= options_.min_iterations) {
    out_.summary.why = SolveSummary::Why::converged;
    return true;
  }
  return iteration() >= options_.max_iterations;
}

void JointMonitor::finish(const Tensor& x, const std::string& remark) {
  SolveSummary& summary = out_.summary;
  summary.x = problem_.box ? projected_ : x;
  if (summary.why == SolveSummary::Why::iteration_limit)
    summary.message = text("relative duality gap ", summary.residual, " after ", summary.iterations,
                           " iterations; asked for ", options_.tolerance);
  if (!remark.empty()) summary.message += (summary.message.empty() ? "" : "; ") + remark;
}

double chosen_step(const JointProblem& p, StepRule rule) {
  return p.squared_norm() == 0 ? p.gamma : chosen_step(p, rule, p.tv.value(p.u));
}

double chosen_step(const JointProblem& p, StepRule rule, double variation) {
  const double squared_norm = p.squared_norm();
  if (squared_norm == 0) return p.gamma;
  const double factor = rule == StepRule::plain ? 0.4 : 4;
  const double mean_variation = variation / double(p.u.numel());
  return mean_variation > 0 ? factor * mean_variation / squared_norm : p.gamma;
}

}  // namespace lvtino
