#include "operators/poisson.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

constexpr double kInversionBelow = 10;  // PTRS holds from 10 on
constexpr double kMostRate = 1e12;      // counts stay whole numbers of a double

double uniform53(const Rng& rng, std::int64_t index) {
  return (double(rng.below(std::int64_t(1) << 53, index)) + 0.5) * 0x1p-53;
}

// ln k! less its Stirling approximation (k + 1/2) ln k - k + ln sqrt(2 pi).
double stirling_rest(double k) {
  if (k < 16) {
    int sign;
    return lgamma_r(k + 1, &sign) - (k + 0.5) * std::log(k) + k - 0.91893853320467274178;
  }
  const double z = 1 / (k * k);
  return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 * z) * z) * z) * z) / k;
}

// k ln(k / rate) + rate - k >= 0; near k = rate by its series in v = (k - rate) / (k + rate):
// (k - rate) v + 2 k (v^3/3 + v^5/5 + ...).
double deviance(double k, double rate) {
  if (std::abs(k - rate) >= 0.1 * (k + rate)) return k * std::log(k / rate) + rate - k;
  const double v = (k - rate) / (k + rate), v2 = v * v;
  double sum = (k - rate) * v, term = 2 * k * v;
  for (int j = 3; j < 1000; j += 2) {
    term *= v2;
    const double next = sum + term / j;
    if (next == sum) break;
    sum = next;
  }
  return sum;
}

}  // namespace

double poisson_log_probability(double k, double rate) {
  if (k == 0) return -rate;
  return -stirling_rest(k) - deviance(k, rate) - 0.5 * std::log(2 * M_PI * k);
}

PoissonSampler::PoissonSampler(const Rng& rng) : rng_(rng) {
  for (std::int64_t k = 0; k < 8; ++k) first_.push_back(attempt(rng, k));
}

PoissonSampler::Attempt PoissonSampler::attempt(const Rng& rng, std::int64_t k) {
  const Rng here = rng.fork("attempt", k);
  return {here.fork("u"), here.fork("v")};
}

double PoissonSampler::draw(double rate, std::int64_t index) const {
  if (!(rate >= 0 && rate <= kMostRate))
    throw NumericalError(text("Poisson: expected a rate in [0, ", kMostRate, "], got ", rate));
  if (rate == 0) return 0;
  return rate < kInversionBelow ? inverted(rate, index) : accepted(rate, index);
}

// The smallest k with P(K <= k) >= u. P(K > 200) is below 1e-160 here: the bound is for rounding.
double PoissonSampler::inverted(double rate, std::int64_t index) const {
  const double u = uniform53(rng_, index);
  double probability = std::exp(-rate), below = probability, k = 0;
  while (u > below && k < 200) {
    k += 1;
    probability *= rate / k;
    below += probability;
  }
  return k;
}

double PoissonSampler::accepted(double rate, std::int64_t index) const {
  const double b = 0.931 + 2.53 * std::sqrt(rate), a = -0.059 + 0.02483 * b;
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), squeeze = 0.9277 - 3.6224 / (b - 2);
  for (std::size_t round = 0;; ++round) {
    const Attempt here = round < first_.size() ? first_[round] : attempt(rng_, std::int64_t(round));
    const double u = uniform53(here.u, index) - 0.5, v = uniform53(here.v, index);
    const double us = 0.5 - std::abs(u);
    const double k = std::floor((2 * a / us + b) * u + rate + 0.43);
    if (us >= 0.07 && v <= squeeze) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (std::log(v * inverse_alpha / (a / (us * us) + b)) <= poisson_log_probability(k, rate)) return k;
  }
}

}  // namespace lvtino
