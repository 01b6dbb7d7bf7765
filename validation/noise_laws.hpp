#pragma once

#include "operators/noise_model.hpp"
#include "validation/law.hpp"

namespace lvtino {

/// The noise that was really drawn beside the noise that was declared, for a known truth x.
struct DrawnNoise {
  double declared_sigma;   ///< root of the mean of E (y - A x)^2 under the model
  double drawn_sigma;      ///< root of the mean of (y - A x)^2
  double standard_errors;  ///< |difference of the two mean squares| in standard errors of the latter
};
DrawnNoise measure_noise(const NoiseModel& noise, const Measurement& measurement, const Tensor& truth);

/// The drawn noise has the declared power to within LawBounds' number of standard errors. A noise lost
/// to rounding, drawn in another unit or added twice breaks it.
LawReport noise_power(const NoiseModel& noise, const Measurement& measurement, const Tensor& truth);

}  // namespace lvtino
