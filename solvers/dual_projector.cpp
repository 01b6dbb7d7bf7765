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

// The multipliers m maximise  <m, A v> - |A'm|^2/2 - sup over the box of <m, .>,  and x = v - A'm.
// Beck and Teboulle (2009) with the restart of O'Donoghue and Candes (2015); a step of row i is
// s_i / L, and the prox of the support function a clipping.
class DualProjector final : public IntervalProjector {
 public:
  DualProjector(const Intervals& intervals, const IntervalProjectionOptions& options)
      : IntervalProjector(intervals), options_(options), steps_(row_steps(*intervals.op)) {
    steps_ = steps_.div_(scaled_norm(*intervals.op, steps_));
    const bool wide = intervals.op->placement().dtype == at::kDouble;
    if (!(options_.feasibility > 0)) options_.feasibility = wide ? 1e-9 : 3e-6;
    if (!(options_.gap > 0) || options_.max_iterations < 1)
      throw NumericalError(text("projection: expected gap > 0 and max_iterations >= 1, got ",
                                options_.gap, ", ", options_.max_iterations));
  }
  bool exact() const override { return false; }

 private:
  struct State {
    Tensor x, values;      // v - A'm and A x
    double violation, gap, half_square;
    double size;           // sum of |m|: a violation of eps moves the gap by eps times this
  };

  State state_of(const Tensor& v, const Tensor& m) const {
    const Intervals& set = intervals();
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

  Projection do_project(const Tensor& v) const override {
    const Intervals& set = intervals();
    Tensor m = at::zeros(set.op->range(), v.options()), extrapolated = m;
    State now = state_of(v, m);
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
      State after = state_of(v, next);
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

  IntervalProjectionOptions options_;
  Tensor steps_;
};

}  // namespace

std::shared_ptr<const IntervalProjector> dual_projector(const Intervals& intervals,
                                                        const IntervalProjectionOptions& options) {
  return std::make_shared<DualProjector>(intervals, options);
}

}  // namespace lvtino
