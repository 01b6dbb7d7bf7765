#include "operators/noise_table.hpp"

namespace lvtino {
namespace {

std::optional<double> read_data_sigma(const SpecReader& spec) {
  return spec.number_if("data_sigma", {.doc = "sigma of the data term; left out: the root mean square of the noise",
                                       .low = 0, .high = 1e6, .above_low = true});
}

double read_peak(const SpecReader& spec) {
  return spec.number("peak", {.doc = "photons at white", .low = 0, .high = 1e9, .above_low = true});
}

NoisePtr gaussian(const SpecReader& spec) {
  const double sigma = spec.number("sigma", {.doc = "standard deviation of the Gaussian noise, pixel units",
                                             .low = 0, .high = 1e6, .above_low = true});
  const Rounding rounding = rounding_named(spec.choice(
      "rounding", {.doc = "type that it is added in: bfloat16 loses most of it (the published code)",
                   .choices = rounding_names(), .fallback = "none"}));
  return rounded_gaussian_noise(sigma, rounding, read_data_sigma(spec));
}

NoisePtr poisson(const SpecReader& spec) {
  const double peak = read_peak(spec);
  return poisson_noise(peak, 0, read_data_sigma(spec));
}

NoisePtr poisson_gaussian(const SpecReader& spec) {
  const double peak = read_peak(spec);
  const double sigma = spec.number("sigma", {.doc = "standard deviation of the read noise, pixel units",
                                             .low = 0, .high = 1e6, .above_low = true});
  return poisson_noise(peak, sigma, read_data_sigma(spec));
}

NoisePtr impulse(const SpecReader& spec) {
  const double probability = spec.number(
      "probability", {.doc = "that a value is replaced by 0 or 1", .low = 1e-9, .high = 0.999});
  return impulse_noise(probability, read_data_sigma(spec));
}

}  // namespace

const Registry<NoisePtr(const SpecReader&)>& noise_table() {
  static const Registry<NoisePtr(const SpecReader&)> table(
      "noise",
      {{"gaussian", "y = A x + sigma eps", R"({"type": "gaussian", "sigma": 0.001})", gaussian},
       {"poisson", "photon counts, peak of them at white", R"({"type": "poisson", "peak": 1000})", poisson},
       {"poisson_gaussian", "photon counts and Gaussian read noise",
        R"({"type": "poisson_gaussian", "peak": 1000, "sigma": 0.005})", poisson_gaussian},
       {"impulse", "salt and pepper: values replaced by 0 or 1",
        R"({"type": "impulse", "probability": 0.05})", impulse}});
  return table;
}

NoisePtr read_noise(const SpecReader& spec) {
  const std::string type = spec.choice("type", {.doc = "how y strays from A x",
                                                .choices = noise_table().names(),
                                                .fallback = "gaussian"});
  for (const auto& entry : noise_table().entries())
    if (entry.name == type) return entry.make(spec);
  throw spec.error("type", text("unknown noise ", type));
}

}  // namespace lvtino
