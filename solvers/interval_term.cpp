#include "solvers/interval_term.hpp"

#include <cmath>
#include <limits>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

// Root mean square of the finite half widths; 1 where all are open or points.
double typical_half_width(const Intervals& set) {
  const Tensor half = (set.upper - set.lower).div_(2);
  const Tensor finite = at::where(half.isfinite(), half, at::zeros({}, half.options()));
  const double root = l2_norm(finite) / std::sqrt(double(finite.numel()));
  return root > 0 ? root : 1;
}

}  // namespace

IntervalTerm::IntervalTerm(std::string name, std::shared_ptr<const IntervalProjector> projector,
                           double sigma)
    : name_(std::move(name)),
      projector_(std::move(projector)),
      sigma_(sigma),
      half_width_(typical_half_width(projector_->intervals())) {
  if (!(sigma_ >= 0) || !std::isfinite(sigma_))
    throw NumericalError(text("interval term: expected sigma >= 0, got ", sigma_));
}

double IntervalTerm::allowed() const {
  return projector_->intervals().op->placement().dtype == at::kDouble ? 1e-8 : 2e-5;
}

double IntervalTerm::value(const Tensor& x) const {
  if (sigma_ > 0) {
    const Tensor p = projector_->project(x).summary.x;
    return squared_distance(x, p) / (2 * sigma_ * sigma_);
  }
  const bool inside = projector_->intervals().violation(x) <= allowed();
  return inside ? 0 : std::numeric_limits<double>::infinity();
}

SolveSummary IntervalTerm::do_solve(const Tensor& v, double gamma) const {
  SolveSummary out = projector_->project(v).summary;
  if (sigma_ > 0) {
    const double step = gamma / (gamma + sigma_ * sigma_);
    out.x = v + (out.x - v) * step;
  }
  return out;
}

double IntervalTerm::envelope_lower_bound(const Tensor& w, double gamma) const {
  require_step(gamma, "interval term");
  return projector_->project(w).half_squared_distance / (gamma + sigma_ * sigma_);
}

double IntervalTerm::misfit(const Tensor& x) const {
  if (sigma_ > 0)
    return std::sqrt(squared_distance(projector_->project(x).summary.x, x) / double(x.numel())) / sigma_;
  const Intervals& set = projector_->intervals();
  const Tensor excess = set.excess(set.op->apply(x));
  return l2_norm(excess) / std::sqrt(double(excess.numel())) / half_width_;
}

}  // namespace lvtino
