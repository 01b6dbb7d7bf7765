#include "priors/quantile_map.hpp"

#include <algorithm>
#include <cmath>

namespace lvtino {
namespace {

constexpr int kPieces = kernels::OddPieces::kPieces;
constexpr int kFinest = -12, kHighest = 7;
constexpr double kLeastTail = 1e-250, kMostValue = 1e6;

struct Knot {
  double v, w, slope, curvature;
};

// dw/dv = p_t(v) / p(w), and its logarithm differentiated once more.
Knot knot_at(const HeavyTail& law, double v, const NoisyLaw& noisy, double guess) {
  const double w = law.quantile(noisy.tail, guess);
  const double slope = noisy.density * std::exp(-law.log_density(w));
  return {v, w, slope, slope * (noisy.score - slope * law.score(w))};
}

// The quintic of the place s in [0, 1] with the values and two derivatives of both knots.
void quintic(const Knot& a, const Knot& b, double* c) {
  const double h = b.v - a.v;
  const double d0 = h * a.slope, d1 = h * b.slope;
  const double e0 = h * h * a.curvature, e1 = h * h * b.curvature, rise = b.w - a.w;
  c[0] = a.w, c[1] = d0, c[2] = 0.5 * e0;
  c[3] = 10 * rise - 6 * d0 - 4 * d1 - 1.5 * e0 + 0.5 * e1;
  c[4] = -15 * rise + 8 * d0 + 7 * d1 + 1.5 * e0 - e1;
  c[5] = 6 * rise - 3 * (d0 + d1) + 0.5 * (e1 - e0);
}

// Where f leaves the straight line: at the size of the noise, or further in for a law with a cusp.
int finest_octave(double noise) {
  return std::min(kFinest, int(std::floor(std::log2(std::min(1.0, noise)))) - 6);
}

}  // namespace

QuantileMap::QuantileMap(const HeavyTail& law, double signal, double noise) {
  low_ = high_ = finest_octave(noise);
  double v = std::ldexp(1.0, low_);
  NoisyLaw here = noisy_law(law, signal, noise, v);
  // Below the table F_t - 1/2 is its density times v, where the tail itself would have lost digits.
  Knot left = knot_at(law, v, here, here.density * std::exp(-law.log_density(0)) * v);
  slope_ = left.w / v;
  std::vector<double> c;
  while (high_ < kHighest) {
    std::vector<double> octave;
    Knot at = left;
    bool whole = true;
    for (int k = 1; k <= kPieces && whole; ++k) {
      v = std::ldexp(1.0 + double(k) / kPieces, high_);
      here = noisy_law(law, signal, noise, v);
      whole = here.tail > kLeastTail;
      if (!whole) break;
      const Knot next = knot_at(law, v, here, at.w + at.slope * (v - at.v));
      whole = next.w < kMostValue;
      if (!whole) break;
      octave.resize(octave.size() + kernels::OddPieces::kCoefficients);
      quintic(at, next, octave.data() + octave.size() - kernels::OddPieces::kCoefficients);
      at = next;
    }
    if (!whole) break;
    c.insert(c.end(), octave.begin(), octave.end());
    left = at, ++high_;
  }
  coefficients_ = std::move(c);
  single_.assign(coefficients_.begin(), coefficients_.end());
  const double inverse = signal > 1e-300 ? 1 / signal : 1e300;
  const bool arrived = left.slope * signal > 0.5;
  const double shift = std::max(inverse * left.v - left.w, 0.0);
  far_ = {.last = left.v,
          .value = left.w,
          .growth = arrived ? 1e3 : left.v * left.slope / left.w,
          .limit = inverse,
          .shift = arrived ? shift : 0,
          .power = arrived ? law.tail_power() : 0};
}

kernels::OddPieces QuantileMap::pieces() const {
  return {coefficients_.data(), single_.data(), low_, high_, slope_};
}

double QuantileMap::operator()(double v) const {
  apply(&v, 1, 1, 1);
  return v;
}

void QuantileMap::apply(float* x, std::int64_t count, double scale_in, double scale_out) const {
  kernels::apply_odd(x, count, float(scale_in), float(scale_out), pieces(), far_);
}

void QuantileMap::apply(double* x, std::int64_t count, double scale_in, double scale_out) const {
  kernels::apply_odd(x, count, scale_in, scale_out, pieces(), far_);
}

}  // namespace lvtino
