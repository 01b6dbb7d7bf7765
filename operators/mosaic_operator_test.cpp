#include "operators/mosaic_operator.hpp"

#include <boost/test/unit_test.hpp>

#include "dense.hpp"
#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(mosaic_operator)

using namespace lvtino;

// Red is 1.., green 10.., blue 100..: which one is read shows in the size of the number.
BOOST_AUTO_TEST_CASE(patterns_by_hand) {
  const Tensor pixel = at::arange(1, 7, at::kDouble).view({1, 1, 1, 2, 3});
  const Tensor x = at::cat({pixel, pixel * 10, pixel * 100}, 1);
  const auto seen = [&](const char* pattern) {
    return MosaicOperator({1, 3, 1, 2, 3}, dense::kExact, pattern).apply(x).view(-1);
  };
  BOOST_TEST(at::equal(seen("RGGB"), at::tensor({1.0, 20.0, 3.0, 40.0, 500.0, 60.0}, at::kDouble)));
  BOOST_TEST(at::equal(seen("BGGR"), at::tensor({100.0, 20.0, 300.0, 40.0, 5.0, 60.0}, at::kDouble)));
  BOOST_TEST(at::equal(seen("GRBG"), at::tensor({10.0, 2.0, 30.0, 400.0, 50.0, 600.0}, at::kDouble)));
  BOOST_TEST(at::equal(seen("GBRG"), at::tensor({10.0, 200.0, 30.0, 4.0, 50.0, 6.0}, at::kDouble)));
}

BOOST_AUTO_TEST_CASE(equals_its_dense_matrix) {
  for (const char* pattern : {"RGGB", "BGGR", "GRBG", "GBRG"}) {
    const MosaicOperator a({1, 3, 1, 3, 4}, dense::kExact, pattern);
    const dense::Matrix m = dense::matrix_of(a);
    BOOST_TEST(m.sum() == 12.0);
    BOOST_TEST((m * m.transpose() - dense::Matrix::Identity(12, 12)).norm() == 0.0);
    const Tensor y = Rng(1).normal(a.range(), dense::kExact);
    BOOST_TEST((dense::vector_of(a.adjoint(y)) - m.transpose() * dense::vector_of(y)).norm() == 0.0);
    BOOST_TEST(operator_norm(a) == 1.0);
    BOOST_TEST(at::equal(a.apply(pseudo_inverse(a, y)), y));
  }
}

// Every second row and column belongs to one colour, half of the pixels to green.
BOOST_AUTO_TEST_CASE(shares_of_the_colours) {
  const MosaicOperator a({1, 3, 2, 6, 8}, dense::kExact, "RGGB");
  BOOST_TEST(a.mask().select(1, 0).sum().item<double>() == 12.0);
  BOOST_TEST(a.mask().select(1, 1).sum().item<double>() == 24.0);
  BOOST_TEST(a.mask().select(1, 2).sum().item<double>() == 12.0);
}

BOOST_AUTO_TEST_CASE(refusals) {
  BOOST_CHECK_THROW(MosaicOperator({1, 2, 1, 4, 4}, {}, "RGGB"), ShapeError);
  BOOST_CHECK_THROW(MosaicOperator({1, 3, 1, 4, 4}, {}, "RGBG"), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
