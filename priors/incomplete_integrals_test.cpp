#include "priors/incomplete_integrals.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

BOOST_AUTO_TEST_SUITE(incomplete_integrals)

using namespace lvtino;
namespace tt = boost::test_tools;

BOOST_AUTO_TEST_CASE(gamma_of_known_arguments, *boost::unit_test::tolerance(2e-14)) {
  for (const double x : {1e-9, 0.01, 0.7, 1.4, 1.6, 3.0, 20.0, 200.0}) {
    BOOST_TEST(upper_gamma(0.5, x) == std::erfc(std::sqrt(x)));
    BOOST_TEST(upper_gamma(1, x) == std::exp(-x));
    BOOST_TEST(upper_gamma(2, x) == (1 + x) * std::exp(-x));
    BOOST_TEST(upper_gamma(3, x) == (1 + x + x * x / 2) * std::exp(-x));
  }
  BOOST_TEST(upper_gamma(0.5, 600) == std::erfc(std::sqrt(600.0)), tt::tolerance(1e-12));
  BOOST_TEST(upper_gamma(1.7, 0) == 1);
}

// I_x(a, 1) = x^a, I_x(1, b) = 1 - (1 - x)^b, and the Cauchy and t laws of 3 and 4 degrees.
BOOST_AUTO_TEST_CASE(beta_of_known_arguments, *boost::unit_test::tolerance(1e-13)) {
  for (const double x : {1e-12, 0.01, 0.3, 0.5, 0.7, 0.99}) {
    BOOST_TEST(lower_beta(2.5, 1, x, 1 - x) == std::pow(x, 2.5));
    BOOST_TEST(lower_beta(1, 3, x, 1 - x) == -std::expm1(3 * std::log1p(-x)));
    BOOST_TEST(lower_beta(0.5, 0.5, x, 1 - x) == 2 / M_PI * std::asin(std::sqrt(x)));
  }
  for (const double w : {0.1, 1.0, 5.0, 40.0}) {
    const double x = 4 / (4 + w * w), s = w / std::sqrt(4 + w * w);
    // P(|T_4| > w) = 1 - s (1 + (1 - s^2) / 2), s = w / sqrt(4 + w^2)
    BOOST_TEST(lower_beta(2, 0.5, x, 1 - x) == 1 - s * (1 + (1 - s * s) / 2), tt::tolerance(1e-9));
  }
}

BOOST_AUTO_TEST_SUITE_END()
