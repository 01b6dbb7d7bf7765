#include "operators/measurement.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"

namespace lvtino {

Measurement::Measurement(OperatorPtr a, Tensor data, double noise_sigma)
    : op(std::move(a)), y(std::move(data)), sigma(noise_sigma) {
  if (!(sigma > 0) || !std::isfinite(sigma))
    throw NumericalError(text("measurement: expected sigma > 0, got ", sigma));
  require(y, op->range(), op->placement(), "measurement");
  if (const std::int64_t bad = count_non_finite(y))
    throw NumericalError(text("measurement: ", bad, " of ", y.numel(), " values are not finite"));
}

Measurement simulate(const OperatorPtr& a, const Tensor& x, double sigma, const Rng& rng) {
  Tensor y = a->apply(x);
  y.add_(rng.normal(a->range(), a->placement()), sigma);
  return Measurement(a, y, sigma);
}

double relative_residual(const Measurement& measurement, const Tensor& x) {
  const double squared = squared_distance(measurement.op->apply(x), measurement.y);
  return std::sqrt(squared / double(measurement.y.numel())) / measurement.sigma;
}

}  // namespace lvtino
