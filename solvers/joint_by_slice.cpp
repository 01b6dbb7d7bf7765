#include "solvers/joint_by_slice.hpp"

#include <algorithm>
#include <cmath>

#include "lvtino/core/error.hpp"
#include "solvers/chambolle_pock.hpp"
#include "solvers/joint_certificate.hpp"

namespace lvtino {
namespace {

using Curve = std::vector<CurvePoint>;

class SliceRuns {
 public:
  SliceRuns(const JointProblem& whole, const JointProxOptions& options)
      : whole_(whole), options_(options), x_(at::empty_like(whole.u)), curves_(whole.slices.size()) {}

  /// Runs slice i to its own tolerance, not before iteration `least` and not beyond `most`.
  void run(std::size_t i, int least, int most) {
    const Tensor u = slice_of(whole_.u, std::int64_t(i));
    const JointProblem part{.data = whole_.slices[i].get(), .tv = whole_.tv, .u = u, .gamma = whole_.gamma,
                            .box = whole_.box};
    JointProxOptions options = options_;
    options.min_iterations = least, options.max_iterations = most;
    JointSolution found = chambolle_pock(part, options, {});
    slice_of(x_, std::int64_t(i)).copy_(found.summary.x);
    curves_[i] = std::move(found.curve);
  }

  std::size_t count() const { return curves_.size(); }
  int end(std::size_t i) const { return curves_[i].back().iteration; }
  const Tensor& x() const { return x_; }

  /// The sum of the curves as far as all of them go, cut where the whole stops.
  Curve joint(bool& stopped) const {
    Curve out;
    stopped = false;
    for (std::size_t k = 0; k < curves_[0].size() && !stopped; ++k) {
      CurvePoint sum{.iteration = curves_[0][k].iteration};
      for (const Curve& curve : curves_) {
        if (k >= curve.size()) return out;
        sum.primal += curve[k].primal, sum.lower += curve[k].lower, sum.seconds += curve[k].seconds;
      }
      out.push_back(sum);
      stopped = !std::isfinite(sum.gap()) || sum.gap() <= options_.tolerance ||
                sum.iteration >= options_.max_iterations;
    }
    return out;
  }

 private:
  const JointProblem& whole_;
  const JointProxOptions& options_;
  Tensor x_;
  std::vector<Curve> curves_;
};

void word(const Curve& curve, const JointProxOptions& options, JointSolution& out) {
  using Why = SolveSummary::Why;
  SolveSummary& summary = out.summary;
  out.primal = curve.back().primal, out.lower = curve.back().lower;
  summary.iterations = curve.back().iteration;
  summary.residual = curve.back().gap();
  if (!std::isfinite(summary.residual)) {
    summary.why = Why::breakdown;
    summary.message = text("the objective is not finite at iteration ", summary.iterations);
  } else if (summary.residual <= options.tolerance) {
    summary.why = Why::converged;
  } else {
    summary.why = Why::iteration_limit;
    summary.message = text("relative duality gap ", summary.residual, " after ", summary.iterations,
                           " iterations; asked for ", options.tolerance);
  }
}

}  // namespace

JointSolution joint_by_slice(const JointProblem& problem, const JointProxOptions& options, TvDual&& start) {
  start = {};
  if (problem.u.size(0) * problem.u.size(1) == 1) {
    JointSolution out = chambolle_pock(problem, options, {});
    out.dual = {};
    return out;
  }
  if (problem.slices.empty())
    throw NotSupportedError(text("joint prox slice by slice: the data term ", problem.data->name(),
                                 " couples the channels"));
  SliceRuns runs(problem, options);
  int longest = 0;
  for (std::size_t i = 0; i < runs.count(); ++i) {
    runs.run(i, longest, options.max_iterations);
    longest = std::max(longest, runs.end(i));
  }
  bool stopped = false;
  Curve curve = runs.joint(stopped);
  if (!stopped) {  // the whole goes on where the first slices had stopped
    for (std::size_t i = 0; i < runs.count(); ++i)
      if (runs.end(i) < longest) runs.run(i, longest, longest);
    curve = runs.joint(stopped);
  }
  const int end = curve.back().iteration;
  for (std::size_t i = 0; i < runs.count(); ++i)
    if (runs.end(i) != end) runs.run(i, end, end);
  JointSolution out{.summary = {.x = runs.x()}};
  word(curve, options, out);
  out.curve = std::move(curve);
  return out;
}

}  // namespace lvtino
