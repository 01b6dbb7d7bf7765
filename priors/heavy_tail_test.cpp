#include "priors/heavy_tail.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

#include "lvtino/core/error.hpp"
#include "priors/heavy_tail_oracle.hpp"

BOOST_AUTO_TEST_SUITE(heavy_tail)

using namespace lvtino;
using namespace lvtino::testing;
namespace tt = boost::test_tools;

namespace {

const std::vector<HeavyTail> kLaws = {{TailFamily::generalized_gaussian, 0.3},
                                      {TailFamily::generalized_gaussian, 0.5},
                                      {TailFamily::generalized_gaussian, 1},
                                      {TailFamily::generalized_gaussian, 1.6},
                                      {TailFamily::generalized_gaussian, 2},
                                      {TailFamily::student, 2.5},
                                      {TailFamily::student, 4},
                                      {TailFamily::student, 30}};

std::string name(const HeavyTail& law) {
  return text(law.family() == TailFamily::student ? "student " : "gaussian ", law.shape());
}

}  // namespace

// int p = 1 and int w^2 p = 1, by the rule of the oracle.
BOOST_AUTO_TEST_CASE(mass_and_variance_are_one) {
  for (const HeavyTail& law : kLaws) {
    double mass = 0, variance = 0;
    for (double x = -60; x < 60; x += 1e-3) {
      const double w = std::exp(x), part = 2e-3 * w * std::exp(law.log_density(w));
      mass += part, variance += w * w * part;
    }
    BOOST_TEST(mass == 1, name(law) << tt::tolerance(1e-12));
    BOOST_TEST(variance == 1, name(law) << tt::tolerance(1e-9));
  }
}

BOOST_AUTO_TEST_CASE(normal_and_laplace) {
  const HeavyTail normal(TailFamily::generalized_gaussian, 2);
  const HeavyTail laplace(TailFamily::generalized_gaussian, 1);
  const double r = std::sqrt(2.0);
  for (const double w : {1e-9, 0.1, 1.0, 3.0, 9.0}) {
    BOOST_TEST(normal.log_density(w) == -0.5 * w * w - 0.5 * std::log(2 * M_PI),
               tt::tolerance(1e-13));
    BOOST_TEST(normal.tail(w) == 0.5 * std::erfc(w / r), tt::tolerance(1e-13));
    BOOST_TEST(normal.score(w) == -w, tt::tolerance(1e-13));
    BOOST_TEST(laplace.log_density(w) == 0.5 * std::log(0.5) - r * w, tt::tolerance(1e-13));
    BOOST_TEST(laplace.tail(w) == 0.5 * std::exp(-r * w), tt::tolerance(1e-13));
    BOOST_TEST(laplace.score(-w) == r, tt::tolerance(1e-13));
  }
}

BOOST_AUTO_TEST_CASE(quantiles_undo_tails) {
  for (const HeavyTail& law : kLaws)
    for (const double w : {1e-3, 0.1, 1.0, 4.0, 12.0})
      for (const double guess : {1e-6, 0.5 * w, 30.0})
        BOOST_TEST(law.quantile(law.tail(w), guess) == w, name(law) << tt::tolerance(1e-11));
}

// Tail, density and score of the noisy law against a plain sum over 250 000 points.
BOOST_AUTO_TEST_CASE(noisy_laws_against_plain_sums) {
  double worst = 0;
  for (const HeavyTail& law : kLaws)
    for (const auto& [signal, noise] :
         {std::pair{1.0, 0.05}, {0.8, 0.6}, {0.1, 0.995}, {0.01, 1.0}})
      for (const double v : {1e-3, 0.2, 1.0, 3.0, 8.0}) {
        const NoisyLaw found = noisy_law(law, signal, noise, v);
        const NoisyLaw plain = plain_sum(law, signal, noise, v);
        const double off = std::max(
            {std::abs(found.tail / plain.tail - 1), std::abs(found.density / plain.density - 1),
             std::abs(found.score - plain.score) / (std::abs(plain.score) + 1)});
        BOOST_TEST(off < 1e-10, name(law) << " signal " << signal << " v " << v << ": " << off
                                          << " tail " << found.tail << " / " << plain.tail);
        worst = std::max(worst, off);
      }
  BOOST_TEST_MESSAGE("largest relative deviation " << worst);
  // The oracle is not the subject: a wrong law is far off.
  const NoisyLaw found = noisy_law(kLaws[1], 0.8, 0.6, 1), other = plain_sum(kLaws[2], 0.8, 0.6, 1);
  BOOST_TEST(std::abs(found.tail / other.tail - 1) > 1e-3);
}

// The normal law in closed form, to tails of 1e-200.
BOOST_AUTO_TEST_CASE(noisy_normal_laws) {
  const HeavyTail normal(TailFamily::generalized_gaussian, 2);
  for (const double signal : {0.999, 0.6, 0.1, 1e-3, 1e-8}) {
    const double noise = std::sqrt(1 - signal * signal);
    for (const double v : {1e-4, 0.5, 2.0, 6.0, 15.0, 30.0}) {
      const NoisyLaw found = noisy_law(normal, signal, noise, v);
      BOOST_TEST(found.tail == 0.5 * std::erfc(v / std::sqrt(2.0)),
                 signal << " " << v << tt::tolerance(1e-10));
      BOOST_TEST(found.score == -v, signal << " " << v << tt::tolerance(1e-10));
    }
  }
}

// The score is the gradient of the log-density of the noisy law.
BOOST_AUTO_TEST_CASE(score_against_differences) {
  for (const HeavyTail& law : kLaws)
    for (const double noise : {0.1, 0.6, 0.99})
      for (const double v : {0.05, 0.7, 3.0}) {
        const double signal = std::sqrt(1 - noise * noise), h = 1e-4 * noise;
        const auto log_density = [&](double x) {
          return std::log(noisy_law(law, signal, noise, x).density);
        };
        const double slope = (log_density(v + h) - log_density(v - h)) / (2 * h);
        const double found = noisy_law(law, signal, noise, v).score;
        BOOST_TEST(std::abs(found - slope) < 1e-6 * (1 + std::abs(slope)) / noise,
                   name(law) << " noise " << noise << " v " << v << ": " << found << " " << slope);
      }
}

BOOST_AUTO_TEST_CASE(refusals) {
  BOOST_CHECK_THROW(HeavyTail(TailFamily::generalized_gaussian, 2.5), NumericalError);
  BOOST_CHECK_THROW(HeavyTail(TailFamily::generalized_gaussian, 0.1), NumericalError);
  BOOST_CHECK_THROW(HeavyTail(TailFamily::student, 2), NumericalError);
}

BOOST_AUTO_TEST_SUITE_END()
