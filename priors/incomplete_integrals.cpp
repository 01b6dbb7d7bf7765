#include "priors/incomplete_integrals.hpp"

#include <cmath>
#include <limits>

namespace lvtino {
namespace {

constexpr double kTiny = 1e-300, kEpsilon = 1e-16;
constexpr int kTerms = 10000;

// The continued fractions are evaluated forwards by the method of Lentz; `term` gives the k-th
// partial numerator and denominator, k >= 1.
template <class Term>
double continued_fraction(double first, const Term& term) {
  double value = first == 0 ? kTiny : first, c = value, d = 0;
  for (int k = 1; k < kTerms; ++k) {
    const auto [numerator, denominator] = term(k);
    d = denominator + numerator * d, c = denominator + numerator / c;
    if (d == 0) d = kTiny;
    if (c == 0) c = kTiny;
    d = 1 / d;
    value *= c * d;
    if (std::abs(c * d - 1) < kEpsilon) break;
  }
  return value;
}

struct Term {
  double numerator, denominator;
};

// I_x(a, b) where x is below its mean, so that the fraction converges fast.
double beta_fraction(double a, double b, double x, double complement) {
  if (x == 0) return 0;
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                a * std::log(x) + b * std::log(complement)) /
                       a;
  const double fraction = continued_fraction(1, [&](int k) {
    const double m = k / 2;
    const double numerator = k % 2 == 0
                                 ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                                 : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    return Term{numerator, 1};
  });
  return front / fraction;
}

}  // namespace

double upper_gamma(double a, double x) {
  if (x <= 0) return 1;
  const double front = std::exp(a * std::log(x) - x - std::lgamma(a));
  if (x < a + 1) {  // 1 - P, P by its power series
    double term = 1 / a, sum = term;
    for (int k = 1; k < kTerms && term > kEpsilon * sum; ++k) sum += term *= x / (a + k);
    return 1 - front * sum;
  }
  const double fraction = continued_fraction(x + 1 - a, [&](int k) {
    return Term{-k * (k - a), x + 2 * k + 1 - a};
  });
  return front / fraction;
}

double lower_beta(double a, double b, double x, double complement) {
  if (x < (a + 1) / (a + b + 2)) return beta_fraction(a, b, x, complement);
  return 1 - beta_fraction(b, a, complement, x);
}

}  // namespace lvtino
