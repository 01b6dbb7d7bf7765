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

// What a flat model shows of the noise: SAE(0.5) - 0.5 = noise / signal e in latents.
BOOST_AUTO_TEST_CASE(noise_of_correlated_frames) {
  class Through final : public ConsistencyModel {
   public:
    using ConsistencyModel::ConsistencyModel;

   private:
    Tensor do_origin(const Tensor& z_t, double) const override { return z_t.clone(); }
  };
  const Shape shape = {1, 3, 8, 96, 700};  // more than one chunk a frame
  const auto model = std::make_shared<Through>(shape, kExact, rectified_flow(false));
  const Prior prior("noise", shape, identity_autoencoder(1, 0.5), model);
  const Tensor x = at::full(shape, 0.5, at::kDouble);
  const auto noise = [&](double rho) {
    return (stochastic_autoencode(prior, x, 500, Rng(3), 1, rho) - 0.5) / 0.5;
  };
  const double n = 3 * 96 * 700;
  for (const double rho : {0.0, 0.3, 0.8, 1.0}) {
    const Tensor e = noise(rho);
    for (int t = 0; t < 8; ++t) {
      const Tensor now = e.select(2, t);
      BOOST_TEST(std::abs((now * now).mean().item<double>() - 1) < 5 * std::sqrt(2 / n));
      BOOST_TEST(std::abs(now.mean().item<double>()) < 5 / std::sqrt(n));
      for (int lag = 1; t + lag < 8; lag += 2)  // cov of products: at most 2 / n
        BOOST_TEST(std::abs((now * e.select(2, t + lag)).mean().item<double>() -
                            std::pow(rho, lag)) < 5 * std::sqrt(2 / n));
    }
  }
  const Tensor shared = noise(1);
  BOOST_TEST(at::equal(shared, shared.narrow(2, 0, 1).expand(shape)));
  BOOST_TEST(at::equal(noise(0).select(2, 0), shared.select(2, 0)));
  const int before = thread_count();
  set_thread_count(1);
  const Tensor one = noise(0.8);
  set_thread_count(3);
  BOOST_TEST(at::equal(noise(0.8), one));
  set_thread_count(before);
  BOOST_CHECK_THROW(noise(1.1), NotSupportedError);
  BOOST_CHECK_THROW(noise(-0.1), NotSupportedError);
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

// With a Gaussian model SAE is affine in x: differences of values are its derivative, exactly.
BOOST_AUTO_TEST_CASE(the_pullback_is_the_adjoint_of_the_derivative) {
  const Prior prior = gaussian({1, 3, 2, 4, 6}, kExact);
  const Tensor x = Rng(2).uniform(prior.pixels(), kExact), v = Rng(5).normal(prior.pixels(), kExact),
               w = Rng(6).normal(prior.pixels(), kExact);
  for (const double t : {125.0, 757.0}) {
    const Linearised at_x = linearised_autoencode(prior, x, t, Rng(3));
    BOOST_TEST(difference(at_x.value, stochastic_autoencode(prior, x, t, Rng(3))) < 1e-14);
    const Tensor moved = at::sub(stochastic_autoencode(prior, at::add(x, v), t, Rng(3)), at_x.value).contiguous();
    BOOST_TEST(std::abs(inner_product(moved, w) - inner_product(v, at_x.pullback(w))) < 1e-12 * l2_norm(v) * l2_norm(w));
    BOOST_TEST(l2_norm(moved) > 1e-3 * l2_norm(v));
  }
}

BOOST_AUTO_TEST_SUITE_END()
