#include "priors/heavy_tail.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "lvtino/core/error.hpp"
#include "priors/incomplete_integrals.hpp"

namespace lvtino {
namespace {

constexpr double kRootTwo = 1.4142135623730950488, kRootTwoPi = 2.5066282746310005024;

struct Node {
  double at, weight;
};

// Gauss and Legendre's rule on [-1, 1]: roots of the Legendre polynomial by Newton's method.
template <int kOrder>
std::array<Node, kOrder> gauss_legendre() {
  std::array<Node, kOrder> rule;
  for (int i = 0; i < kOrder; ++i) {
    double x = std::cos(M_PI * (i + 0.75) / (kOrder + 0.5)), slope = 1;
    for (int iteration = 0; iteration < 20; ++iteration) {
      double p = 1, before = 0;
      for (int k = 1; k <= kOrder; ++k) {
        const double next = ((2 * k - 1) * x * p - (k - 1) * before) / k;
        before = p, p = next;
      }
      slope = kOrder * (x * p - before) / (x * x - 1);
      x -= p / slope;
    }
    rule[std::size_t(i)] = {x, 2 / ((1 - x * x) * slope * slope)};
  }
  return rule;
}

// The double exponential rule on [0, 1] (Takahasi and Mori 1974): the cusp that p has at 0 does
// not disturb it.
std::vector<Node> double_exponential() {
  constexpr double kStep = 0.11;
  std::vector<Node> rule;
  for (int k = -33; k <= 28; ++k) {
    const double s = M_PI * std::sinh(kStep * k);
    const double x = 1 / (1 + std::exp(-s)), y = 1 / (1 + std::exp(s));
    rule.push_back({x, kStep * M_PI * std::cosh(kStep * k) * x * y});
  }
  return rule;
}

double normal_tail(double e) { return 0.5 * std::erfc(e / kRootTwo); }

// Sums p(w) against the tail, the density and the slope of the noise, over panels that are short
// against the noise and against the distance to the cusp.
class Convolution {
 public:
  Convolution(const HeavyTail& law, double u, double ratio) : law_(law), u_(u), ratio_(ratio) {}

  void over(double begin, double end) {
    if (begin < 0) half(0, std::min(-begin, 1e300), -1);
    half(std::max(begin, 0.0), end, 1);
  }
  double tail = 0, density = 0, slope = 0;

 private:
  void half(double begin, double end, double sign) {
    static const auto kRule = gauss_legendre<12>();
    static const auto kEnds = double_exponential();
    double low = begin;
    const double first = std::min(2 * ratio_, law_.length());
    if (low < first) {
      const double high = std::min(first, end);
      if (low == 0) {
        for (const Node& node : kEnds) add(sign * high * node.at, high * node.weight);
        low = high;
      }
    }
    while (low < end) {
      if (law_.log_density(low) < -700) break;
      const double high = std::min({2 * low, low + 2 * ratio_, end});
      for (const Node& node : kRule)
        add(sign * (0.5 * (low + high) + 0.5 * (high - low) * node.at),
            0.5 * (high - low) * node.weight);
      low = high;
    }
  }
  void add(double w, double weight) {
    const double e = (u_ - w) / ratio_;
    const double mass = weight * std::exp(law_.log_density(w));
    tail += mass * normal_tail(e);
    const double bell = mass * std::exp(-0.5 * e * e);
    density += bell, slope -= bell * e;
  }

  const HeavyTail& law_;
  double u_, ratio_;
};

}  // namespace

HeavyTail::HeavyTail(TailFamily family, double shape) : family_(family), shape_(shape) {
  const bool powers = family == TailFamily::generalized_gaussian;
  const double low = powers ? kLeastShape : kLeastDegrees;
  const double high = powers ? kMostShape : kMostDegrees;
  if (!(shape >= low && shape <= high))
    throw NumericalError(
        text("HeavyTail: expected a shape in [", low, ", ", high, "], got ", shape));
  if (powers) {
    length_ = std::exp(0.5 * (std::lgamma(1 / shape) - std::lgamma(3 / shape)));
    log_norm_ = std::log(shape / (2 * length_)) - std::lgamma(1 / shape);
  } else {
    length_ = std::sqrt((shape - 2) / shape);
    log_norm_ = std::lgamma(0.5 * (shape + 1)) - std::lgamma(0.5 * shape) -
                0.5 * std::log(M_PI * shape) - std::log(length_);
  }
}

double HeavyTail::log_density(double w) const {
  const double x = std::abs(w) / length_;
  if (family_ == TailFamily::student)
    return log_norm_ - 0.5 * (shape_ + 1) * std::log1p(x * x / shape_);
  return log_norm_ - std::pow(x, shape_);
}

double HeavyTail::score(double w) const {
  if (w == 0) return 0;
  const double x = std::abs(w) / length_;
  const double size = family_ == TailFamily::student ? (shape_ + 1) * x / (shape_ + x * x)
                                                     : shape_ * std::pow(x, shape_ - 1);
  return std::copysign(size / length_, -w);
}

double HeavyTail::tail(double w) const {
  const double x = w / length_;
  if (family_ == TailFamily::generalized_gaussian)
    return 0.5 * upper_gamma(1 / shape_, std::pow(x, shape_));
  const double square = x * x / shape_;
  return 0.5 * lower_beta(0.5 * shape_, 0.5, 1 / (1 + square), square / (1 + square));
}

double HeavyTail::quantile(double tail, double guess) const {
  double w = std::max(guess, 1e-300);
  for (int iteration = 0; iteration < 200; ++iteration) {
    const double here = this->tail(w);
    if (!(here > 0)) {
      w *= 0.5;
      continue;
    }
    const double step = std::log(here / tail) * here * std::exp(-log_density(w));
    const double next = std::clamp(w + step, 0.25 * w, 4 * w + length_);
    const bool done = std::abs(next - w) <= 1e-14 * next + 1e-17 * length_;
    w = next;
    if (done) break;
  }
  return w;
}

double HeavyTail::tail_power() const { return family_ == TailFamily::student ? -1 : shape_ - 1; }

NoisyLaw noisy_law(const HeavyTail& law, double signal, double noise, double v) {
  const double e = v / noise;
  // So little signal changes nothing that a double could show.
  if (signal < 1e-9 * noise)
    return {normal_tail(e), std::exp(-0.5 * e * e) / (noise * kRootTwoPi), -e / noise};
  const double u = v / signal, ratio = noise / signal;
  // What noise beyond `reach` adds is below the last digit of the tail, which is at least about
  // the larger of the two tails alone.
  const double least = std::max({0.5 * law.tail(u), 0.25 * normal_tail(e), 1e-290});
  const double reach = std::sqrt(2 * (37 - std::log(least)));
  const double end = u + 8.6 * ratio;
  Convolution sum(law, u, ratio);
  sum.over(u - reach * ratio, end);
  const double tail = sum.tail + law.tail(end);
  return {tail, sum.density / (noise * kRootTwoPi), sum.slope / (sum.density * noise)};
}

}  // namespace lvtino
