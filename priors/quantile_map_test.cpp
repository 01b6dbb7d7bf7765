#include "priors/quantile_map.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

#include "priors/heavy_tail_oracle.hpp"

BOOST_AUTO_TEST_SUITE(quantile_map)

using namespace lvtino;
using namespace lvtino::testing;
namespace tt = boost::test_tools;

namespace {

const std::vector<HeavyTail> kLaws = {{TailFamily::generalized_gaussian, 0.3},
                                      {TailFamily::generalized_gaussian, 0.6},
                                      {TailFamily::generalized_gaussian, 1},
                                      {TailFamily::generalized_gaussian, 1.5},
                                      {TailFamily::student, 3},
                                      {TailFamily::student, 10}};

double signal_of(double noise) { return std::sqrt(1 - noise * noise); }

}  // namespace

// f(v) is where the clean law has the share of the noisy one, both by plain sums.
BOOST_AUTO_TEST_CASE(keeps_shares) {
  double worst = 0;
  for (const HeavyTail& law : kLaws)
    for (const double noise : {0.05, 0.4, 0.9}) {
      const QuantileMap map(law, signal_of(noise), noise);
      for (const double v : {0.013, 0.31, 1.07, 2.9, 7.3}) {
        const double w = map(v);
        const double share = plain_sum(law, signal_of(noise), noise, v).tail;
        // The law without noise, by the same sum.
        double tail = 0;
        for (double x = std::log(w) + 2e-5; x < 60; x += 4e-5)
          tail += 4e-5 * std::exp(x + law.log_density(std::exp(x)));
        const double off = std::abs(tail - share) * std::exp(-law.log_density(w));
        worst = std::max(worst, off / (1 + w));
        BOOST_TEST(off < 1e-6 * (1 + w), law.shape()
                                             << " noise " << noise << " v " << v << ": " << off);
      }
    }
  BOOST_TEST_MESSAGE("largest distance " << worst);
}

// Between the knots: the polynomial against the exact quantile.
BOOST_AUTO_TEST_CASE(interpolation_error) {
  double worst = 0, worst_far = 0;
  for (const HeavyTail& law : kLaws)
    for (const double noise : {1e-3, 0.03, 0.3, 0.8, 0.999, 1.0}) {
      const double signal = noise == 1 ? 0 : signal_of(noise);
      const QuantileMap map(law, signal, noise);
      double before = 0;
      for (double v = 1e-6; v < 30; v *= 1.0371) {
        const NoisyLaw noisy = noisy_law(law, signal, noise, v);
        const double w = map(v);
        BOOST_TEST(w > before, "not monotone at " << v << ", shape " << law.shape() << ", noise "
                                                  << noise << ": " << w << " after " << before);
        before = w;
        if (noisy.tail < 1e-200 || (noise == 1 && v > 8)) break;
        double& most = v < 4 ? worst : worst_far;
        most = std::max(most, std::abs(w - law.quantile(noisy.tail, w)) / (1 + w));
      }
    }
  BOOST_TEST_MESSAGE("largest error of the table " << worst << ", beyond 4 deviations "
                                                   << worst_far);
  BOOST_TEST(worst < 2e-6);
  BOOST_TEST(worst_far < 1e-3);
}

// A law of shape 2 is the normal law, whose map is the identity at unit total variance; also where
// no table reaches.
BOOST_AUTO_TEST_CASE(the_normal_law_is_linear_everywhere) {
  const HeavyTail normal(TailFamily::generalized_gaussian, 2);
  for (const double noise : {1e-4, 0.3, 0.95, 0.999999, 1.0}) {
    const QuantileMap map(normal, noise == 1 ? 0 : signal_of(noise), noise);
    for (const double v : {1e-9, 1e-4, 0.7, 20.0, 31.0, 40.0, 200.0, 1e6})
      BOOST_TEST(map(v) == v, "noise " << noise << ", " << v << tt::tolerance(1e-9));
  }
}

// Laplace's law: far out the tail of signal W + noise eps is that of W, moved by
// noise^2 / (2 signal^2 a), a = sqrt(1/2).
BOOST_AUTO_TEST_CASE(tails_reach_their_asymptote) {
  const QuantileMap map({TailFamily::generalized_gaussian, 1}, 0.8, 0.6);
  const double shift = 0.5 * 0.36 / 0.64 * std::sqrt(2.0);
  for (const double v : {20.0, 100.0, 127.0, 129.0, 1e4})
    BOOST_TEST(map(v) == v / 0.8 - shift, tt::tolerance(1e-9));
  // Student's: moved by noise^2 (shape + 1) / (2 signal^2 w).
  const QuantileMap student({TailFamily::student, 3}, 0.8, 0.6);
  for (const double v : {100.0, 127.0, 129.0, 1e3})
    BOOST_TEST((v / 0.8 - student(v)) * (v / 0.8) == 0.5 * 0.36 / 0.64 * 4, tt::tolerance(2e-3));
  // Between the last knot and 1e9 nothing jumps or turns.
  for (const HeavyTail& law : kLaws)
    for (const double noise : {0.01, 0.5, 0.99}) {
      const QuantileMap f(law, signal_of(noise), noise);
      double v = 1, w = f(v);
      for (; v < 1e9; v *= 1.01) {
        const double next = f(1.01 * v);
        BOOST_TEST(
            (next > w && next < w * 1.2 && next <= 1.01 * v / signal_of(noise) * (1 + 1e-12)));
        w = next;
      }
    }
}

BOOST_AUTO_TEST_CASE(odd_in_both_precisions) {
  const QuantileMap map(kLaws[1], 0.8, 0.6);
  std::vector<float> single;
  for (double v = -200; v < 200; v += 0.37) single.push_back(float(v));
  single.push_back(0);
  const std::vector<float> input = single;
  map.apply(single.data(), std::int64_t(single.size()), 0.5, 3);
  for (std::size_t i = 0; i < input.size(); ++i) {
    const double exact = 3 * map(0.5 * double(input[i]));
    BOOST_TEST(std::abs(double(single[i]) - exact) < 2e-6 * (1 + std::abs(exact)));
    BOOST_TEST(map(-0.5 * double(input[i])) == -map(0.5 * double(input[i])));
  }
  BOOST_TEST(map(0) == 0);
  BOOST_TEST(std::isnan(map(std::numeric_limits<double>::quiet_NaN())));
  BOOST_TEST(std::isinf(map(std::numeric_limits<double>::infinity())));
}

BOOST_AUTO_TEST_SUITE_END()
