#pragma once

#include "operators/forward_model.hpp"
#include "solvers/box.hpp"
#include "solvers/data_term.hpp"

namespace lvtino {

/// The rule that the published code of LVTINO applies to JPEG, for comparison with it: ten Landweber
/// steps on w/2 |F(x) - y|^2 + 1/2 |x - v|^2, w = gamma / sigma^2, with the identity in the place of
/// F's Jacobian and a clamp to [0, 1] after each,
///   x <- clamp(x - (w (F(x) - y) + (x - v)) / (1 + w)).
///
/// It is not the prox of anything: F is a staircase, and its Jacobian 0 almost everywhere. The joint
/// prox with total variation gets no certificate from it.
class PublishedLandweber final : public DataTerm {
 public:
  /// Throws ShapeError / PlacementError if y is not of the range or F is not of one shape,
  /// NumericalError unless sigma > 0 is finite.
  PublishedLandweber(std::shared_ptr<const ForwardModel> forward, Tensor y, double sigma,
                     int iterations = 10, Box box = {});

  const std::string& name() const override { return name_; }
  const Shape& domain() const override { return forward_->domain(); }
  /// |F(x) - y|^2 / (2 sigma^2).
  double value(const Tensor& x) const override;
  /// 0: nothing better is known.
  double envelope_lower_bound(const Tensor& w, double gamma) const override { return 0; }
  /// |F(x) - y| / (sigma sqrt(m)).
  double misfit(const Tensor& x) const override;

 private:
  SolveSummary do_solve(const Tensor& v, double gamma) const override;

  std::string name_ = "published_landweber";
  std::shared_ptr<const ForwardModel> forward_;
  Tensor y_;
  double sigma_;
  int iterations_;
  Box box_;
};

}  // namespace lvtino
