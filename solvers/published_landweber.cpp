#include "solvers/published_landweber.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"

namespace lvtino {

PublishedLandweber::PublishedLandweber(std::shared_ptr<const ForwardModel> forward, Tensor y,
                                       double sigma, int iterations, Box box)
    : forward_(std::move(forward)), y_(std::move(y)), sigma_(sigma), iterations_(iterations), box_(box) {
  require(y_, forward_->range(), forward_->placement(), "published_landweber");
  if (forward_->range() != forward_->domain())
    throw ShapeError(text("published_landweber: expected a model of one shape, got ",
                          to_string(forward_->domain()), " to ", to_string(forward_->range())));
  if (!(sigma_ > 0) || !std::isfinite(sigma_) || iterations_ < 1)
    throw NumericalError(text("published_landweber: expected sigma > 0 and iterations >= 1, got ",
                              sigma_, ", ", iterations_));
}

double PublishedLandweber::value(const Tensor& x) const {
  return squared_distance(forward_->apply(x), y_) / (2 * sigma_ * sigma_);
}

double PublishedLandweber::misfit(const Tensor& x) const {
  return std::sqrt(squared_distance(forward_->apply(x), y_) / double(y_.numel())) / sigma_;
}

SolveSummary PublishedLandweber::do_solve(const Tensor& v, double gamma) const {
  const double weight = gamma / (sigma_ * sigma_);
  Tensor x = v.clone();
  for (int k = 0; k < iterations_; ++k) {
    const Tensor slope = (forward_->apply(x) - y_).mul_(weight).add_(x).sub_(v);
    x = x.sub(slope, 1 / (1 + weight)).clamp_(box_.low, box_.high);
  }
  return {.x = x};
}

}  // namespace lvtino
