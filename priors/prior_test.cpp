#include "priors/prior.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "priors/gaussian_model.hpp"

BOOST_AUTO_TEST_SUITE(prior)

using namespace lvtino;

namespace {

const Placement kExact = {at::kDouble, at::kCPU};

Prior gaussian(const Shape& pixels, const Placement& placement) {
  const auto coder = block_dct(2);
  const Shape latent = coder->latent_shape(pixels);
  const Tensor c = Rng(1).uniform({latent[1], latent[2], latent[3], latent[4]}, kExact);
  return Prior(
      "test", pixels, coder,
      std::make_shared<GaussianModel>(latent, placement, rectified_flow(), GaussianLaw{{0.2}, c}));
}

double difference(const Tensor& a, const Tensor& b) {
  return at::max(at::abs(a - b)).item<double>();
}

}  // namespace

BOOST_AUTO_TEST_CASE(is_the_formula) {
  const Prior prior = gaussian({1, 3, 2, 4, 6}, kExact);
  const Tensor x = Rng(2).uniform(prior.pixels(), kExact);
  for (const double temperature : {1.0, 0.5, 0.0}) {
    const double noise = prior.schedule().noise(522);
    const Tensor eps = Rng(3).normal(prior.model().domain(), kExact);
    const Tensor z_t = prior.autoencoder().encode(x) * (1 - noise) + temperature * noise * eps;
    const Tensor expected = prior.autoencoder().decode(prior.model().origin(z_t, 522));
    BOOST_TEST(difference(stochastic_autoencode(prior, x, 522, Rng(3), temperature), expected) <
               1e-14);
  }
}

// More elements than one chunk of noise.
BOOST_AUTO_TEST_CASE(chunks_and_threads_do_not_matter) {
  const Prior prior = gaussian({1, 3, 3, 360, 400}, {});
  const Tensor x = Rng(2).uniform(prior.pixels(), {});
  const int before = thread_count();
  set_thread_count(1);
  const Tensor one = stochastic_autoencode(prior, x, 375, Rng(3));
  set_thread_count(2);
  const Tensor two = stochastic_autoencode(prior, x, 375, Rng(3));
  set_thread_count(before);
  BOOST_TEST(at::equal(one, two));
  const double noise = prior.schedule().noise(375);
  const Tensor eps = Rng(3).normal(prior.model().domain(), {});
  const Tensor z_t = prior.autoencoder().encode(x).mul_(1 - noise).add_(eps.mul_(noise));
  BOOST_TEST(at::equal(prior.autoencoder().decode(prior.model().origin(z_t, 375)), one));
}

BOOST_AUTO_TEST_CASE(argument_is_left_alone_and_draws_differ) {
  const Prior prior = gaussian({1, 3, 2, 4, 6}, {});
  const Tensor x = Rng(2).uniform(prior.pixels(), {}), copy = x.clone();
  const Tensor a = stochastic_autoencode(prior, x, 375, Rng(3));
  BOOST_TEST(at::equal(x, copy));
  BOOST_TEST(at::equal(a, stochastic_autoencode(prior, x, 375, Rng(3))));
  BOOST_TEST(!at::equal(a, stochastic_autoencode(prior, x, 375, Rng(4))));
}

BOOST_AUTO_TEST_CASE(refusals) {
  const Prior prior = gaussian({1, 3, 2, 4, 6}, {});
  const Tensor x = at::zeros(prior.pixels());
  BOOST_CHECK_THROW(stochastic_autoencode(prior, x.to(at::kDouble), 375, Rng(3)), PlacementError);
  BOOST_CHECK_THROW(stochastic_autoencode(prior, at::zeros({1, 3, 2, 4, 8}), 375, Rng(3)),
                    ShapeError);
  BOOST_CHECK_THROW(stochastic_autoencode(prior, x, 1375, Rng(3)), NotSupportedError);
  BOOST_CHECK_THROW(stochastic_autoencode(prior, x, 375, Rng(3), -1), NotSupportedError);
  const auto model =
      std::make_shared<GaussianModel>(Shape{1, 3, 2, 4, 6}, Placement{}, rectified_flow(),
                                      GaussianLaw{{0.0}, at::ones({1, 2, 4, 6}, at::kDouble)});
  BOOST_CHECK_THROW(Prior("wrong", {1, 3, 2, 4, 6}, block_dct(2), model), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
