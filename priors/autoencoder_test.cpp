#include "priors/autoencoder.hpp"

#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

#include <cmath>

#include "lvtino/core/axis_product.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/rng.hpp"

BOOST_AUTO_TEST_SUITE(autoencoder)

using namespace lvtino;

namespace {

const Placement kExact = {at::kDouble, at::kCPU};

double difference(const Tensor& a, const Tensor& b) {
  return at::max(at::abs(a - b)).item<double>();
}

}  // namespace

BOOST_AUTO_TEST_CASE(identity_shifts_and_scales) {
  const Tensor x = at::tensor({0.0, 0.5, 1.0, 0.25}, at::kDouble).view({1, 1, 1, 2, 2});
  const Tensor z = identity_autoencoder()->encode(x);
  BOOST_TEST(difference(z.view(-1), at::tensor({-1.0, 0.0, 1.0, -0.5}, at::kDouble)) == 0.0);
  BOOST_TEST(difference(identity_autoencoder()->decode(z), x) == 0.0);
  const Tensor shifted = identity_autoencoder(4, 0.25)->encode(x);
  BOOST_TEST(difference(shifted.view(-1), at::tensor({-1.0, 1.0, 3.0, 0.0}, at::kDouble)) == 0.0);
}

BOOST_AUTO_TEST_CASE(pixels_of_a_block_become_channels) {
  const Tensor x = at::arange(16, at::kDouble).view({1, 1, 1, 4, 4});
  const Tensor z = space_to_depth(2, 1, 0)->encode(x);
  BOOST_TEST((shape_of(z) == Shape{1, 4, 1, 2, 2}));
  const Tensor expected = at::tensor(
      {0., 2., 8., 10., 1., 3., 9., 11., 4., 6., 12., 14., 5., 7., 13., 15.}, at::kDouble);
  BOOST_TEST(difference(z.view(-1), expected) == 0.0);
}

BOOST_AUTO_TEST_CASE(block_dct_of_one_block) {
  const Tensor x = Rng(1).normal({1, 1, 1, 4, 4}, kExact);
  const Tensor z = block_dct(4, 1, 0)->encode(x);
  const Tensor d = dct_matrix(4, kExact);
  BOOST_TEST(difference(z.view({4, 4}), at::matmul(at::matmul(d, x.view({4, 4})), d.t())) < 1e-14);
}

RC_BOOST_PROP(round_trip_and_isometry, ()) {
  const auto b = *rc::gen::inRange(1, 5);
  const Shape shape = {*rc::gen::inRange(1, 3), *rc::gen::inRange(1, 4), *rc::gen::inRange(1, 4),
                       b * *rc::gen::inRange(1, 4), b * *rc::gen::inRange(1, 4)};
  const auto coder = *rc::gen::inRange(0, 2) ? block_dct(b) : space_to_depth(b);
  const Rng rng(std::uint64_t(*rc::gen::inRange(0, 1000)));
  const Tensor x = rng.fork("x").uniform(shape, kExact), y = rng.fork("y").uniform(shape, kExact);
  const Tensor zx = coder->encode(x), zy = coder->encode(y);
  RC_ASSERT(shape_of(zx) == coder->latent_shape(shape));
  RC_ASSERT(coder->pixel_shape(shape_of(zx)) == shape);
  RC_ASSERT(difference(coder->decode(zx), x) < 1e-13);
  RC_ASSERT(std::abs(squared_distance(zx, zy) / (4 * squared_distance(x, y)) - 1) < 1e-12);
}

BOOST_AUTO_TEST_CASE(float32_follows_the_argument) {
  const Tensor x = Rng(2).uniform({1, 3, 2, 8, 8}, {});
  const Tensor z = block_dct(4)->encode(x);
  BOOST_TEST((z.scalar_type() == at::kFloat));
  BOOST_TEST(difference(block_dct(4)->decode(z), x) < 1e-6);
}

BOOST_AUTO_TEST_CASE(level_of_a_constant_video) {
  const Tensor x = at::full({1, 2, 1, 4, 4}, 0.7, at::kDouble);
  for (const auto& coder : {block_dct(2), space_to_depth(2), identity_autoencoder()}) {
    const Tensor z = coder->encode(x);
    const auto level = coder->latent_level(0.7, 2);
    BOOST_REQUIRE(std::int64_t(level.size()) == z.size(1));
    for (std::int64_t c = 0; c < z.size(1); ++c)
      BOOST_TEST(difference(z.select(1, c), at::full({1}, level[std::size_t(c)], at::kDouble)) <
                 1e-14);
  }
}

// The covariance of the latent's DCT coefficients by its definition, as a dense matrix.
BOOST_AUTO_TEST_CASE(variance_of_the_latent_against_dense_matrices) {
  const std::int64_t height = 4, width = 6, count = height * width;
  const Tensor variance = Rng(3).uniform({1, height, width}, kExact);
  const Tensor to_dct = at::kron(dct_matrix(height, kExact), dct_matrix(width, kExact));
  for (const auto& coder : {block_dct(2), space_to_depth(2), identity_autoencoder()}) {
    const std::int64_t b = coder->block();
    // Encoding the unit videos gives the matrix of E column by column (offset removed).
    const Tensor units = at::eye(count, at::kDouble).view({count, 1, 1, height, width});
    const Tensor zero = coder->encode(at::zeros({1, 1, 1, height, width}, at::kDouble));
    const Tensor codes = (coder->encode(units) - zero).contiguous();
    const Tensor spectra = axis_product(dct_matrix(height / b, kExact),
                                        axis_product(dct_matrix(width / b, kExact), codes, 4), 3);
    const Tensor map = at::matmul(spectra.view({count, count}).t(), to_dct.t());
    const Tensor covariance = at::matmul(map * variance.view({1, count}), map.t());
    const Tensor found = coder->latent_variance(variance);
    BOOST_TEST((shape_of(found) == Shape{b * b, 1, height / b, width / b}));
    BOOST_TEST(difference(found.view(-1), covariance.diagonal()) < 1e-13);
  }
}

BOOST_AUTO_TEST_CASE(refusals) {
  const auto coder = block_dct(4);
  BOOST_CHECK_THROW(coder->encode(at::zeros({1, 3, 2, 8, 6})), ShapeError);
  BOOST_CHECK_THROW(coder->encode(at::zeros({3, 2, 8, 8})), ShapeError);
  BOOST_CHECK_THROW(coder->encode(at::zeros({1, 3, 2, 8, 8}).transpose(3, 4)), ShapeError);
  BOOST_CHECK_THROW(coder->decode(at::zeros({1, 3, 2, 8, 8})), ShapeError);
  BOOST_CHECK_THROW(coder->latent_shape({1, 3, 0, 8, 8}), ShapeError);
  BOOST_CHECK_THROW(block_dct(0), ShapeError);
  BOOST_CHECK_THROW(BlockAutoencoder(at::ones({2, 2}, at::kDouble)), NumericalError);
  BOOST_CHECK_THROW(BlockAutoencoder(at::eye(2, at::kDouble), -1), NumericalError);
}

BOOST_AUTO_TEST_SUITE_END()
