#include "operators/poisson.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(poisson)

using namespace lvtino;

namespace {

constexpr std::int64_t kDraws = 200000;

using Draw = std::function<double(std::int64_t)>;

Draw sampler(double rate, std::uint64_t seed = 1) {
  return [rate, s = PoissonSampler(Rng(seed))](std::int64_t i) { return s.draw(rate, i); };
}

/// Chi-square of the draws against the probabilities over cells of at least 20 expected draws, in
/// standard deviations of its law: (chi^2 - df) / sqrt(2 df).
double excess_chi_square(double rate, const Draw& draw) {
  const double reach = 8 * std::sqrt(rate) + 12;
  const auto low = std::int64_t(std::max(0.0, std::floor(rate - reach))), high = std::int64_t(std::ceil(rate + reach));
  std::vector<double> count(std::size_t(high - low + 1), 0.0);
  for (std::int64_t i = 0; i < kDraws; ++i) {
    const auto k = std::int64_t(draw(i));
    count[std::size_t(std::clamp(k, low, high) - low)] += 1;
  }
  double chi = 0, expected = 0, found = 0, covered = 0;
  std::int64_t cells = 0;
  const auto close = [&](double rest) {
    chi += std::pow(found - (expected + rest), 2) / (expected + rest);
    ++cells, expected = 0, found = 0;
  };
  for (std::int64_t k = low; k <= high; ++k) {
    expected += double(kDraws) * std::exp(poisson_log_probability(double(k), rate));
    found += count[std::size_t(k - low)];
    if (expected >= 20 && double(kDraws) - covered - expected >= 20) covered += expected, close(0);
  }
  close(double(kDraws) - covered - expected);  // the upper tail
  const double df = double(cells - 1);
  return df > 0 ? (chi - df) / std::sqrt(2 * df) : 0;
}

}  // namespace

BOOST_AUTO_TEST_CASE(probabilities_by_hand) {
  BOOST_TEST(std::abs(poisson_log_probability(0, 2.5) + 2.5) < 1e-15);
  BOOST_TEST(std::abs(poisson_log_probability(1, 2.5) - (std::log(2.5) - 2.5)) < 1e-14);
  BOOST_TEST(std::abs(poisson_log_probability(3, 2.5) - (3 * std::log(2.5) - 2.5 - std::log(6))) < 1e-14);
  // Against the plain formula in long double, where it does not cancel badly.
  for (const long double rate : {0.3L, 4.0L, 17.0L, 100.0L, 1000.0L})
    for (const long double k : {0.0L, 1.0L, 5.0L, 15.0L, 16.0L, 17.0L, 90.0L, 105.0L, 130.0L, 980.0L, 1300.0L}) {
      const long double plain = k * std::log(rate) - rate - std::lgamma(k + 1);
      BOOST_TEST(std::abs(poisson_log_probability(double(k), double(rate)) - double(plain)) <
                 1e-13 * (1 + std::abs(double(plain))));
    }
}

BOOST_AUTO_TEST_CASE(probabilities_sum_to_one) {
  for (const double rate : {0.01, 1.0, 9.99, 10.0, 35.0, 400.0, 1e4, 1e6, 1e9}) {
    const double reach = 9 * std::sqrt(rate) + 30;
    double sum = 0;
    for (double k = std::max(0.0, std::floor(rate - reach)); k <= rate + reach; ++k)
      sum += std::exp(poisson_log_probability(k, rate));
    BOOST_TEST(std::abs(sum - 1) < 1e-11, rate);
  }
}

// Both methods, both sides of the change of method, rates from few photons to many.
BOOST_AUTO_TEST_CASE(draws_follow_the_law) {
  for (const double rate : {0.02, 0.5, 1.0, 3.3, 7.0, 9.999, 10.0, 10.5, 12.0, 20.0, 57.0, 333.0, 5000.0}) {
    const double excess = excess_chi_square(rate, sampler(rate));
    BOOST_TEST(excess < 5, "rate " << rate << ": " << excess);
    BOOST_TEST(excess > -5, "rate " << rate << ": " << excess);
  }
}

BOOST_AUTO_TEST_CASE(moments) {
  for (const double rate : {0.1, 2.0, 9.5, 11.0, 80.0, 1e4, 1e7, 1e10}) {
    const Draw draw = sampler(rate, 2);
    double sum = 0, squares = 0, cubes = 0;
    for (std::int64_t i = 0; i < kDraws; ++i) {
      const double d = (draw(i) - rate) / std::sqrt(rate);
      sum += d, squares += d * d, cubes += d * d * d;
    }
    const double n = double(kDraws);
    BOOST_TEST(std::abs(sum / n) < 5 / std::sqrt(n), rate);
    BOOST_TEST(std::abs(squares / n - 1) < 5 * std::sqrt((2 + 1 / rate) / n), rate);
    // Third standardised moment rate^(-1/2); the variance of d^3 is that of the sixth moment.
    const double sixth = 15 + 25 / rate + 1 / (rate * rate);
    BOOST_TEST(std::abs(cubes / n - 1 / std::sqrt(rate)) < 5 * std::sqrt(sixth / n), rate);
  }
}

// Approximations that look right in mean and variance are caught by the same test.
BOOST_AUTO_TEST_CASE(planted_defects_are_caught) {
  const Tensor eps = Rng(3).normal({kDraws}, {at::kDouble, at::kCPU}), u = Rng(4).uniform({kDraws}, {at::kDouble, at::kCPU});
  const double* const normal = eps.const_data_ptr<double>();
  for (const double rate : {0.5, 12.0, 57.0}) {
    BOOST_TEST(excess_chi_square(rate, [&](std::int64_t i) {
      return std::max(0.0, std::round(rate + std::sqrt(rate) * normal[i]));
    }) > 5);
    BOOST_TEST(excess_chi_square(rate, sampler(rate * 1.02)) > 5);
  }
  // Rejection without its test.
  const double rate = 12, b = 0.931 + 2.53 * std::sqrt(rate), a = -0.059 + 0.02483 * b;
  const double* const uniform = u.const_data_ptr<double>();
  BOOST_TEST(excess_chi_square(rate, [&](std::int64_t i) {
    const double v = uniform[i] - 0.5;
    return std::floor((2 * a / (0.5 - std::abs(v)) + b) * v + rate + 0.43);
  }) > 5);
}

BOOST_AUTO_TEST_CASE(numbers_by_address) {
  const PoissonSampler s(Rng(5)), again(Rng(5)), other(Rng(6));
  int equal = 0;
  for (std::int64_t i = 0; i < 1000; ++i) {
    BOOST_TEST(s.draw(40, i) == again.draw(40, i));
    BOOST_TEST(s.draw(4, i) == again.draw(4, i));
    equal += s.draw(40, i) == other.draw(40, i);
  }
  BOOST_TEST(equal < 150);
  BOOST_TEST(s.draw(0, 3) == 0.0);
  for (const double bad : {-1.0, std::nan(""), 1e13, std::numeric_limits<double>::infinity()})
    BOOST_CHECK_THROW(s.draw(bad, 0), NumericalError);
}

BOOST_AUTO_TEST_SUITE_END()
