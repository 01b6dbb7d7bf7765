#include "priors/spectrum.hpp"

#include <cmath>

#include "lvtino/core/parallel.hpp"

namespace lvtino {

double PowerLaw::at(double f_t, double f_h, double f_w) const {
  const double r2 = f_h * f_h + f_w * f_w + corner * corner;
  const double fall = f_t == 0 ? 1 : std::pow(1 + f_t * f_t / (speed * speed * r2), -0.5 * decay);
  return power * std::pow(r2, -0.5 * exponent) * fall + floor;
}

Tensor PowerLaw::variance(std::int64_t frames, std::int64_t height, std::int64_t width) const {
  if (frames < 1 || height < 1 || width < 1)
    throw ShapeError(
        text("PowerLaw: expected extents >= 1, got ", to_string(Shape{frames, height, width})));
  const Tensor out = at::empty({frames, height, width}, at::kDouble);
  double* const c = out.mutable_data_ptr<double>();
  parallel_for(frames * height, 16, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const double f_t = double(row / height) / double(2 * frames);
      const double f_h = double(row % height) / double(2 * height);
      for (std::int64_t k = 0; k < width; ++k)
        c[row * width + k] = at(f_t, f_h, double(k) / double(2 * width));
    }
  });
  return out;
}

PowerLaw natural_video() {
  return {.power = 8e-6, .exponent = 4, .corner = 4e-3, .speed = 0.25, .decay = 2, .floor = 1e-6};
}

PowerLaw natural_image() { return {.power = 8e-6, .exponent = 3.2, .corner = 3e-3, .floor = 1e-6}; }

PowerLaw read_power_law(const SpecReader& reader, const PowerLaw& fallback, bool video) {
  PowerLaw law;
  law.power = reader.number("power", {.doc = "factor of the power law, in squared pixel units",
                                      .fallback = fallback.power,
                                      .low = 0});
  law.exponent = reader.number("exponent", {.doc = "how fast the variance falls with frequency",
                                            .fallback = fallback.exponent,
                                            .low = 0,
                                            .high = 20});
  law.corner = reader.number(
      "corner", {.doc = "frequency, in cycles a sample, below which the spectrum is flat",
                 .fallback = fallback.corner,
                 .low = 0,
                 .above_low = true});
  if (video) {
    law.speed = reader.number("speed", {.doc = "typical speed in pixels a frame",
                                        .fallback = fallback.speed,
                                        .low = 0,
                                        .above_low = true});
    law.decay = reader.number("decay", {.doc = "how fast the variance falls beyond that speed",
                                        .fallback = fallback.decay,
                                        .low = 0,
                                        .high = 20});
  }
  law.floor = reader.number("floor", {.doc = "variance that all coefficients have at least",
                                      .fallback = fallback.floor,
                                      .low = 0});
  return law;
}

}  // namespace lvtino
