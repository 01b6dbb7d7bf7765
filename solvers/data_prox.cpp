#include "solvers/data_prox.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"
#include "operators/separable_operator.hpp"
#include "solvers/joint_certificate.hpp"
#include "solvers/lsmr.hpp"

namespace lvtino {

DataProx::DataProx(Measurement measurement, ConjugateGradientOptions fallback, DataFallback method)
    : measurement_(std::move(measurement)),
      factors_(measurement_.op->gram_factors()),
      fallback_(fallback),
      method_(method) {}

double DataProx::value(const Tensor& x) const {
  const auto& [a, y, sigma] = measurement_;
  return squared_distance(a->apply(x), y) / (2 * sigma * sigma);
}

SolveSummary DataProx::do_solve(const Tensor& v, double gamma) const {
  if (!factors_)
    return method_ == DataFallback::lsmr ? solve_by_lsmr(v, gamma) : solve_by_conjugate_gradient(v, gamma);
  const auto& [a, y, sigma] = measurement_;
  const double s2 = sigma * sigma;
  Tensor residual = a->apply(v).neg_().add_(y);
  if (factors_->side() == GramFactors::Side::range)
    return {.x = a->adjoint_add(v, gamma, factors_->shifted_inverse(s2, gamma, residual))};
  return {.x = factors_->shifted_inverse(s2, gamma, a->adjoint(residual)).mul_(gamma).add_(v)};
}

SolveSummary DataProx::solve_in_place(Tensor& v, double gamma) const {
  require_step(gamma, "data prox");
  if (!factors_ || factors_->side() != GramFactors::Side::range)
    return DataTerm::solve_in_place(v, gamma);
  const auto& [a, y, sigma] = measurement_;
  const double s2 = sigma * sigma;
  const Tensor residual = a->apply(v).neg_().add_(y);
  a->adjoint_add_in_place(v, gamma, factors_->shifted_inverse(s2, gamma, residual));
  return {.x = v};
}

SolveSummary DataProx::solve_by_conjugate_gradient(const Tensor& v, double gamma) const {
  const auto& [a, y, sigma] = measurement_;
  const double weight = sigma * sigma / gamma;
  const auto normal = [&, op = a](const Tensor& x) { return op->adjoint_add(x * weight, 1, op->apply(x)); };
  return conjugate_gradient(normal, a->adjoint_add(v * weight, 1, y), v, fallback_);
}

SolveSummary DataProx::solve_by_lsmr(const Tensor& v, double gamma) const {
  const auto& [a, y, sigma] = measurement_;
  const double weight = sigma * sigma / gamma;
  const double scale = l2_norm(a->adjoint_add(v * weight, 1, y));
  SolveSummary out = lsmr(*a, a->apply(v).neg_().add_(y), std::sqrt(weight),
                          {.tolerance = fallback_.tolerance, .max_iterations = fallback_.max_iterations,
                           .reference = scale});
  out.x.add_(v);
  return out;
}

double DataProx::envelope_lower_bound(const Tensor& w, double gamma) const {
  const auto& [a, y, sigma] = measurement_;
  const double s2 = sigma * sigma;
  if (factors_ && factors_->side() == GramFactors::Side::range) {
    const Tensor residual = a->apply(w).neg_().add_(y);
    return 0.5 * inner_product(residual, factors_->shifted_inverse(s2, gamma, residual));
  }
  const Tensor p = do_solve(w, gamma).x;
  const double slope = l2_norm(gradient(p, w, gamma));
  return value(p) + squared_distance(p, w) / (2 * gamma) - gamma / 2 * slope * slope;
}

Tensor DataProx::gradient(const Tensor& x) const {
  const auto& [a, y, sigma] = measurement_;
  return a->adjoint(a->apply(x).sub_(y)).mul_(1 / (sigma * sigma));
}

std::shared_ptr<const DataTerm> DataProx::slice(std::int64_t sample, std::int64_t channel) const {
  const auto& [a, y, sigma] = measurement_;
  const auto* const whole = dynamic_cast<const SeparableOperator*>(a.get());
  if (!whole || !whole->channel().is_identity()) return nullptr;  // channels that mix do not fall apart
  const Shape& domain = a->domain();
  const auto part = std::make_shared<SeparableOperator>(
      a->name(), Shape{1, 1, domain[2], domain[3], domain[4]}, a->placement(), whole->time(),
      whole->height(), whole->width());
  return std::make_shared<DataProx>(Measurement(part, slice_of(y, sample * domain[1] + channel), sigma),
                                    fallback_, method_);
}

Tensor DataProx::gradient(const Tensor& p, const Tensor& v, double gamma) const {
  const auto& [a, y, sigma] = measurement_;
  return a->adjoint_add((p - v) / gamma, 1 / (sigma * sigma), a->apply(p) - y);
}

double DataProx::stationarity(const Tensor& p, const Tensor& v, double gamma) const {
  const auto& [a, y, sigma] = measurement_;
  const double scale = l2_norm(a->adjoint(y)) / (sigma * sigma) + l2_norm(v) / gamma;
  return l2_norm(gradient(p, v, gamma)) / scale;
}

}  // namespace lvtino
