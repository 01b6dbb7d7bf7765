#include "priors/gaussian_model.hpp"

#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

#include <cmath>

#include "lvtino/core/axis_product.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"

BOOST_AUTO_TEST_SUITE(gaussian_model)

using namespace lvtino;

namespace {

const Placement kExact = {at::kDouble, at::kCPU};

double difference(const Tensor& a, const Tensor& b) {
  return at::max(at::abs(a - b)).item<double>();
}

Tensor variances(const Shape& shape, std::uint64_t seed = 5) {
  return Rng(seed).uniform(shape, kExact).add_(0.05);
}

// f by its definition, with dense matrices: m + C^{1/2} (signal^2 C + noise^2 I)^{-1/2} (z - signal
// m), for one channel of `frames` frames that the transform joins.
Tensor dense(const Tensor& z, const Tensor& variance, double level, double signal, double noise) {
  Tensor basis = at::ones({1, 1}, at::kDouble);
  for (std::int64_t axis = 0; axis < 3; ++axis)
    basis = at::kron(basis, dct_matrix(variance.size(axis), kExact));
  const Tensor c = variance.reshape(-1);
  const Tensor gain = at::sqrt(c / (signal * signal * c + noise * noise));
  const Tensor map = at::matmul(basis.t() * gain.view({1, -1}), basis);
  return level + at::matmul(map, z.reshape(-1) - signal * level).view(z.sizes());
}

}  // namespace

BOOST_AUTO_TEST_CASE(videos_against_dense_matrices) {
  const Tensor c = variances({2, 3, 4, 5});
  const GaussianModel model({2, 2, 3, 4, 5}, kExact, rectified_flow(), {{0.3, -0.7}, c});
  BOOST_TEST(model.joins_frames());
  const Tensor z = Rng(6).normal(model.domain(), kExact), f = model.origin(z, 522);
  const double noise = model.schedule().noise(522);
  for (int n = 0; n < 2; ++n)
    for (int channel = 0; channel < 2; ++channel)
      BOOST_TEST(difference(f[n][channel], dense(z[n][channel], c[channel], channel ? -0.7 : 0.3,
                                                 1 - noise, noise)) < 1e-13);
}

BOOST_AUTO_TEST_CASE(images_against_dense_matrices) {
  const Tensor c = variances({1, 1, 4, 5});
  const GaussianModel model({1, 2, 3, 4, 5}, kExact, vp_scaled_linear(), {{0.3}, c});
  BOOST_TEST(!model.joins_frames());
  const Tensor z = Rng(6).normal(model.domain(), kExact), f = model.origin(z, 374);
  const double signal = model.schedule().signal(374), noise = model.schedule().noise(374);
  for (int channel = 0; channel < 2; ++channel)
    for (int t = 0; t < 3; ++t)
      BOOST_TEST(difference(f[0][channel][t], dense(z[0][channel][t].unsqueeze(0), c[0], 0.3,
                                                    signal, noise)[0]) < 1e-13);
}

BOOST_AUTO_TEST_CASE(one_frame_is_the_same_either_way) {
  const Tensor c = variances({1, 1, 4, 5});
  const GaussianModel model({1, 1, 1, 4, 5}, kExact, rectified_flow(), {{0.3}, c});
  const Tensor z = Rng(6).normal(model.domain(), kExact);
  const double noise = model.schedule().noise(757);
  BOOST_TEST(difference(model.origin(z, 757)[0][0], dense(z[0][0], c[0], 0.3, 1 - noise, noise)) <
             1e-13);
}

BOOST_AUTO_TEST_CASE(pure_noise_and_no_noise) {
  const Tensor c = variances({1, 2, 3, 4});
  const GaussianModel flow({1, 1, 2, 3, 4}, kExact, rectified_flow(false), {{0.3}, c});
  const Tensor z = Rng(7).normal(flow.domain(), kExact);
  BOOST_TEST(difference(flow.origin(z, 0), z) == 0.0);
  // At t = 1000 nothing is left of the signal: noise becomes a sample of the law.
  const Tensor spectrum = flow.spectrum(flow.origin(z, 1000) - 0.3);
  BOOST_TEST(difference(spectrum, flow.spectrum(z) * at::sqrt(c)) < 1e-13);
}

BOOST_AUTO_TEST_CASE(a_law_without_variance_gives_its_mean) {
  const GaussianModel model({1, 1, 2, 3, 4}, kExact, rectified_flow(),
                            {{0.3}, at::zeros({1, 2, 3, 4}, at::kDouble)});
  const Tensor z = Rng(7).normal(model.domain(), kExact);
  BOOST_TEST(difference(model.origin(z, 500), at::full_like(z, 0.3)) < 1e-14);
  BOOST_TEST(difference(model.mean(), at::full_like(z, 0.3)) < 1e-14);
}

BOOST_AUTO_TEST_CASE(spectrum_is_orthonormal_and_covariance_diagonal) {
  const Tensor c = variances({1, 3, 4, 6});
  const GaussianModel model({1, 2, 3, 4, 6}, kExact, rectified_flow(), {{0.0}, c});
  const Tensor z = Rng(8).normal(model.domain(), kExact);
  BOOST_TEST(difference(model.from_spectrum(model.spectrum(z)), z) < 1e-13);
  BOOST_TEST(std::abs(l2_norm(model.spectrum(z)) / l2_norm(z) - 1) < 1e-13);
  BOOST_TEST(difference(model.spectrum(model.covariance_apply(z)), c * model.spectrum(z)) < 1e-13);
}

BOOST_AUTO_TEST_CASE(samples_have_the_law) {
  const std::int64_t draws = 20000;
  const Tensor c = variances({1, 2, 2, 3});
  const GaussianModel model({draws, 1, 2, 2, 3}, kExact, rectified_flow(), {{0.3}, c});
  const Tensor k = model.spectrum(model.sample(Rng(9)) - 0.3);
  const Tensor mean = k.mean(at::IntArrayRef{0}) / at::sqrt(c / double(draws));
  const Tensor power = (k.square().mean(at::IntArrayRef{0}) / c - 1) * std::sqrt(draws / 2.0);
  BOOST_TEST(at::max(at::abs(mean)).item<double>() < 5);
  BOOST_TEST(at::max(at::abs(power)).item<double>() < 5);
}

BOOST_AUTO_TEST_CASE(float32_is_close_and_threads_do_not_matter) {
  const Tensor c = variances({1, 9, 48, 64});
  const Shape shape = {1, 3, 9, 48, 64};
  const GaussianModel exact(shape, kExact, rectified_flow(), {{0.3}, c});
  const GaussianModel single(shape, {}, rectified_flow(), {{0.3}, c});
  const Tensor z = Rng(10).normal(shape, kExact);
  const int before = thread_count();
  set_thread_count(1);
  const Tensor one = single.origin(z.to(at::kFloat), 375);
  set_thread_count(2);
  const Tensor two = single.origin(z.to(at::kFloat), 375);
  set_thread_count(before);
  BOOST_TEST(at::equal(one, two));
  BOOST_TEST(difference(one.to(at::kDouble), exact.origin(z, 375)) < 1e-5);
}

BOOST_AUTO_TEST_CASE(refusals) {
  const auto flow = rectified_flow();
  const Tensor c = variances({1, 3, 4, 5});
  const Shape domain = {1, 2, 3, 4, 5};
  BOOST_CHECK_THROW(GaussianModel({2, 3, 4, 5}, kExact, flow, {{0.0}, c}), ShapeError);
  BOOST_CHECK_THROW(GaussianModel({1, 2, 2, 4, 5}, kExact, flow, {{0.0}, c}), ShapeError);
  BOOST_CHECK_THROW(GaussianModel({1, 2, 3, 5, 4}, kExact, flow, {{0.0}, c}), ShapeError);
  BOOST_CHECK_THROW(GaussianModel(domain, kExact, flow, {{0, 0, 0}, c}), ShapeError);
  BOOST_CHECK_THROW(GaussianModel(domain, kExact, flow, {{0.0}, c.to(at::kFloat)}), PlacementError);
  BOOST_CHECK_THROW(GaussianModel(domain, {at::kHalf, at::kCPU}, flow, {{0.0}, c}), PlacementError);
  BOOST_CHECK_THROW(GaussianModel(domain, kExact, flow, {{0.0}, -c}), NumericalError);
  BOOST_CHECK_THROW(GaussianModel(domain, kExact, flow, {{NAN}, c}), NumericalError);
  const GaussianModel model(domain, kExact, flow, {{0.0}, c});
  BOOST_CHECK_THROW(model.origin(at::zeros(domain), 500), PlacementError);
  BOOST_CHECK_THROW(model.origin(at::zeros({1, 2, 3, 4, 4}, at::kDouble), 500), ShapeError);
  BOOST_CHECK_THROW(model.origin(at::zeros(domain, at::kDouble), 1001), NotSupportedError);
}

BOOST_AUTO_TEST_SUITE_END()
