#pragma once

#include "lvtino/core/rng.hpp"
#include "operators/linear_operator.hpp"

namespace lvtino {

/// y = A x + n with n ~ N(0, sigma^2 I), pixels and sigma in [0, 1] units: the only place where noise
/// enters. g(x) = |A x - y|^2 / (2 sigma^2) is minus the log-likelihood up to a constant.
struct Measurement {
  /// Throws ShapeError / PlacementError if y is not of the range, NumericalError unless sigma > 0 is
  /// finite and y is finite.
  Measurement(OperatorPtr a, Tensor data, double noise_sigma);

  OperatorPtr op;
  Tensor y;
  double sigma;
};

/// Draws y = A x + sigma eps.
Measurement simulate(const OperatorPtr& a, const Tensor& x, double sigma, const Rng& rng);

/// |A x - y| / (sigma sqrt(m)), m the number of measured values: about 1 where the residual is noise.
double relative_residual(const Measurement& measurement, const Tensor& x);

}  // namespace lvtino
