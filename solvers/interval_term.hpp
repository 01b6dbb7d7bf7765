#pragma once

#include "solvers/data_term.hpp"
#include "solvers/interval_projector.hpp"

namespace lvtino {

/// The data term of a measurement that confines A x to intervals: C = {x : l <= A x <= u}.
///
/// sigma = 0:  g = 0 on C, infinite off it.  The prox is the projection P whatever gamma is.
/// sigma > 0:  noise entered x before the values were read, y = Q(A(x + n)), n ~ N(0, sigma^2).
///             g(x) = |x - C|^2 / (2 sigma^2): minus the log-likelihood of x and the most likely n
///             (not of x with n integrated out). It is the Moreau envelope of the indicator, so
///             prox(v) = v + gamma / (gamma + sigma^2) (P v - v).
///
/// Where P is iterated, x leaves an interval by at most the projector's tolerance. `value` counts a
/// violation up to `allowed` as none: an objective that holds it is certified for
/// intervals widened by as much, and `misfit` reports what is left.
class IntervalTerm final : public DataTerm {
 public:
  /// Throws NumericalError unless sigma >= 0 is finite.
  IntervalTerm(std::string name, std::shared_ptr<const IntervalProjector> projector, double sigma);

  const IntervalProjector& projector() const { return *projector_; }
  double sigma() const { return sigma_; }
  /// The violation that counts as none.
  double allowed() const;

  const std::string& name() const override { return name_; }
  const Shape& domain() const override { return projector_->intervals().op->domain(); }
  double value(const Tensor& x) const override;
  /// |w - C|^2 / (2 (gamma + sigma^2)) from below, through the projector's multipliers.
  double envelope_lower_bound(const Tensor& w, double gamma) const override;
  /// sigma = 0: root mean square of the violations over that of the intervals' half widths, 0 on C.
  /// sigma > 0: |x - C| / (sigma sqrt(n)), n the number of pixels' values.
  double misfit(const Tensor& x) const override;

 private:
  SolveSummary do_solve(const Tensor& v, double gamma) const override;

  std::string name_;
  std::shared_ptr<const IntervalProjector> projector_;
  double sigma_, half_width_;
};

}  // namespace lvtino
