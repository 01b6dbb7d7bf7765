#pragma once

#include <cmath>

#include "priors/heavy_tail.hpp"

namespace lvtino::testing {

/// The law of signal W + noise eps by a plain sum over W = +- exp(x): slow, and owing nothing to
/// `noisy_law` but the density of W.
inline NoisyLaw plain_sum(const HeavyTail& law, double signal, double noise, double v) {
  constexpr double kStep = 4e-4;
  double tail = 0, density = 0, slope = 0;
  for (double x = -50; x < 50; x += kStep) {
    const double w = std::exp(x), mass = kStep * w * std::exp(law.log_density(w));
    if (mass == 0) continue;
    for (const double side : {-1.0, 1.0}) {
      const double e = (v - side * signal * w) / noise;
      const double bell = mass * std::exp(-0.5 * e * e) / (noise * std::sqrt(2 * M_PI));
      tail += 0.5 * mass * std::erfc(e / std::sqrt(2.0));
      density += bell, slope -= bell * e / noise;
    }
  }
  return {tail, density, slope / density};
}

}  // namespace lvtino::testing
