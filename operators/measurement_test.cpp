#include "operators/measurement.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

#include "dense.hpp"
#include "lvtino/core/error.hpp"
#include "operators/mask_operator.hpp"

BOOST_AUTO_TEST_SUITE(measurement)

using namespace lvtino;

namespace {

OperatorPtr identity(const Shape& domain, at::ScalarType dtype = at::kDouble) {
  return std::make_shared<MaskOperator>(domain, Placement{dtype, at::kCPU}, at::ones({1}));
}

}  // namespace

BOOST_AUTO_TEST_CASE(refuses_what_is_no_noise_level) {
  const OperatorPtr a = identity({1, 1, 1, 2, 2});
  const Tensor y = at::zeros({1, 1, 1, 2, 2}, at::kDouble);
  for (const double sigma : {0.0, -0.1, std::nan(""), std::numeric_limits<double>::infinity()}) {
    BOOST_CHECK_THROW(Measurement(a, y, sigma), NumericalError);
    BOOST_CHECK_THROW(simulate(a, y, sigma, Rng(1)), NumericalError);
  }
}

BOOST_AUTO_TEST_CASE(refuses_data_that_do_not_fit) {
  const OperatorPtr a = identity({1, 1, 1, 2, 2});
  BOOST_CHECK_THROW(Measurement(a, at::zeros({1, 1, 1, 4, 1}, at::kDouble), 0.1), ShapeError);
  BOOST_CHECK_THROW(Measurement(a, at::zeros({1, 1, 1, 2, 2}), 0.1), PlacementError);
  BOOST_CHECK_THROW(simulate(a, at::zeros({1, 1, 1, 2, 2}), 0.1, Rng(1)), PlacementError);
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    Tensor y = at::zeros({1, 1, 1, 2, 2}, at::kDouble);
    y.view(-1)[3] = bad;
    BOOST_CHECK_THROW(Measurement(a, y, 0.1), NumericalError);
  }
}

BOOST_AUTO_TEST_CASE(noise_has_the_stated_size) {
  for (const auto dtype : {at::kDouble, at::kFloat}) {
    const Shape domain = {1, 1, 4, 250, 250};
    const Tensor x = at::full(domain, 0.25, dtype);
    const Measurement m = simulate(identity(domain, dtype), x, 0.05, Rng(2));
    const double n = 250000;
    const Tensor noise = (m.y - x).contiguous();
    BOOST_TEST(std::abs(mean_value(noise)) < 5 * 0.05 / std::sqrt(n));
    BOOST_TEST(std::abs(l2_norm(noise) / std::sqrt(n) - 0.05) < 5 * 0.05 / std::sqrt(2 * n));
    BOOST_TEST(std::abs(relative_residual(m, x) - l2_norm(noise) / std::sqrt(n) / 0.05) < 1e-6);
    BOOST_TEST(at::equal(simulate(m.op, x, 0.05, Rng(2)).y, m.y));
    BOOST_TEST(!at::equal(simulate(m.op, x, 0.05, Rng(3)).y, m.y));
    BOOST_TEST(l2_norm((x - 0.25).contiguous()) == 0.0);  // the operand is left alone
  }
}

BOOST_AUTO_TEST_CASE(residual_by_hand) {
  const Measurement m(identity({1, 1, 1, 1, 4}),
                      at::tensor({1.0, 2.0, 3.0, 4.0}, at::kDouble).view({1, 1, 1, 1, 4}), 0.5);
  BOOST_TEST(relative_residual(m, at::ones({1, 1, 1, 1, 4}, at::kDouble)) ==
             std::sqrt(14.0 / 4) / 0.5);
}

BOOST_AUTO_TEST_SUITE_END()
