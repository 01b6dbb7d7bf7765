#include "validation/noise_laws.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"
#include "validation/law_bounds.hpp"

namespace lvtino {

DrawnNoise measure_noise(const NoiseModel& noise, const Measurement& measurement, const Tensor& truth) {
  const Tensor clean = measurement.op->apply(truth);
  const double found = squared_distance(measurement.y, clean) / double(clean.numel());
  const NoisePower declared = noise.power(clean);
  return {std::sqrt(declared.mean_square), std::sqrt(found),
          std::abs(found - declared.mean_square) / declared.standard_error};
}

LawReport noise_power(const NoiseModel& noise, const Measurement& measurement, const Tensor& truth) {
  const DrawnNoise found = measure_noise(noise, measurement, truth);
  return {.subject = noise.name() + " noise",
          .law = "drawn power",
          .residual = found.standard_errors,
          .bound = kNoiseStandardErrors,
          .passed = found.standard_errors <= kNoiseStandardErrors,  // false for not-a-number
          .witness = text("sigma declared ", found.declared_sigma, ", drawn ", found.drawn_sigma, " over ",
                          measurement.y.numel(), " values; residual in standard errors")};
}

}  // namespace lvtino
