#include <algorithm>
#include <cmath>

#include "lvtino/core/error.hpp"
#include "lvtino/core/rng.hpp"
#include "solvers/interval_projector.hpp"

namespace lvtino {
namespace {

// Rows of very different size would make the dual ill-conditioned; JPEG's are known.
Tensor row_steps(const LinearOperator& a) {
  const auto* transform = dynamic_cast<const JpegTransform*>(&a);
  if (transform) return transform->row_norms_squared().reciprocal_();
  return at::ones({1, 1, 1, 1, 1}, a.placement().options());
}

// |S A A'|, S the row steps, by power iteration, 5 % above what it found.
double scaled_norm(const LinearOperator& a, const Tensor& steps) {
  constexpr int kIterations = 40;
  Tensor r = Rng(0).fork("interval norm").normal(a.range(), a.placement());
  double norm = 0;
  for (int k = 0; k < kIterations; ++k) {
    r.div_(l2_norm(r));
    r = a.apply(a.adjoint(r)).mul_(steps);
    norm = l2_norm(r);
    if (norm == 0) return 1;  // A = 0
  }
  return 1.05 * norm;
}

IntervalProjectionOptions completed(IntervalProjectionOptions options, const Placement& placement) {
  if (!(options.feasibility > 0)) options.feasibility = placement.dtype == at::kDouble ? 1e-9 : 1e-5;
  if (!(options.gap > 0) || options.max_iterations < 1)
    throw NumericalError(text("projection: expected gap > 0 and max_iterations >= 1, got ",
                              options.gap, ", ", options.max_iterations));
  return options;
}

// The multipliers m maximise  <m, A v> - |A'm|^2/2 - sup over the box of <m, .>,  and x = v - A'm.
// Beck and Teboulle (2009) with the restart of O'Donoghue and Candes (2015); a step of row i is
// s_i / L, and the prox of the support function a clipping.
class Ascent {
 public:
  Ascent(const IntervalProjectionOptions& options, Tensor steps)
      : options_(options), steps_(std::move(steps)) {}

  Projection run(const Intervals& set, const Tensor& v) const {
    Tensor m = at::zeros(set.op->range(), v.options()), extrapolated = m;
    State now = state_of(set, v, m);
    Projection out;
    SolveSummary& summary = out.summary;
    summary.why = SolveSummary::Why::converged;
    double momentum = 1;
    Tensor values = now.values;  // A(v - A' extrapolated)
    while (!done(now)) {
      if (summary.iterations == options_.max_iterations || !std::isfinite(now.half_square)) {
        summary.why = SolveSummary::Why::iteration_limit;
        summary.message = text("violation ", now.violation, ", duality gap ", now.gap, " of ",
                               now.half_square, " after ", summary.iterations, " iterations");
        break;
      }
      const Tensor wanted = extrapolated / steps_ + values;
      const Tensor next =
          (wanted - at::minimum(at::maximum(wanted, set.lower), set.upper)).mul_(steps_);
      const Tensor change = next - m;
      if (inner_product((extrapolated - next) / steps_, change) > 0) momentum = 1;
      const double previous = momentum;
      momentum = (1 + std::sqrt(1 + 4 * momentum * momentum)) / 2;
      const double beta = (previous - 1) / momentum;
      State after = state_of(set, v, next);
      // A is linear, so the values at the extrapolated multipliers are an extrapolation too.
      values = after.values + (after.values - now.values).mul_(beta);
      extrapolated = next + change.mul_(beta);
      m = next, now = std::move(after);
      ++summary.iterations;
    }
    summary.x = now.x, summary.residual = now.violation;
    out.half_squared_distance = std::max(0.0, now.half_square - std::max(0.0, now.gap));
    return out;
  }

 private:
  struct State {
    Tensor x, values;      // v - A'm and A x
    double violation, gap, half_square;
    double size;           // sum of |m|: a violation of eps moves the gap by eps times this
  };

  static State state_of(const Intervals& set, const Tensor& v, const Tensor& m) {
    State out;
    out.x = set.op->adjoint_add(v, -1, m);
    out.values = set.op->apply(out.x);
    out.violation = set.excess(out.values).max().item<double>();
    out.gap = set.support(m, out.values);
    out.half_square = squared_distance(out.x, v) / 2;
    out.size = mean_value(m.abs()) * double(m.numel());
    return out;
  }

  bool done(const State& s) const {
    return s.violation <= options_.feasibility &&
           s.gap <= options_.gap * s.half_square + options_.feasibility * s.size;
  }

  IntervalProjectionOptions options_;
  Tensor steps_;
};

Ascent ascent_for(const LinearOperator& a, const IntervalProjectionOptions& options) {
  const Tensor steps = row_steps(a);
  return Ascent(options, steps / scaled_norm(a, steps));
}

class DualProjector final : public IntervalProjector {
 public:
  DualProjector(const Intervals& intervals, const IntervalProjectionOptions& options)
      : IntervalProjector(intervals),
        ascent_(ascent_for(*intervals.op, completed(options, intervals.op->placement()))) {}
  bool exact() const override { return false; }

 private:
  Projection do_project(const Tensor& v) const override { return ascent_.run(intervals(), v); }

  Ascent ascent_;
};

}  // namespace

DualSolver dual_solver(const OperatorPtr& a, const IntervalProjectionOptions& options) {
  return [ascent = ascent_for(*a, completed(options, a->placement()))](const Intervals& set, const Tensor& v) {
    return ascent.run(set, v);
  };
}

std::shared_ptr<const IntervalProjector> dual_projector(const Intervals& intervals,
                                                        const IntervalProjectionOptions& options) {
  return std::make_shared<DualProjector>(intervals, options);
}

}  // namespace lvtino
