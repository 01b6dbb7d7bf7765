#include "priors/denoiser_model.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/rng.hpp"
#include "priors/ffdnet_prior.hpp"
#include "priors/prior.hpp"
#include "priors/table.hpp"

BOOST_AUTO_TEST_SUITE(denoiser_model)

using namespace lvtino;

namespace {

const Placement kExact = {at::kDouble, at::kCPU};
const Shape kPixels = {2, 3, 4, 8, 6};

/// E[x | x + sigma eps] of pixels that are independent N(0.4, 0.02), and what it was asked for.
struct Asked {
  std::vector<double> sigmas;
  std::vector<Shape> shapes;
};

Denoiser wiener(std::shared_ptr<Asked> asked = std::make_shared<Asked>(), double largest = 0.3) {
  return {[asked](const Tensor& images, double sigma) {
            asked->sigmas.push_back(sigma), asked->shapes.push_back(shape_of(images));
            return 0.4 + 0.02 / (0.02 + sigma * sigma) * (images - 0.4);
          },
          largest};
}

double ratio(const NoiseSchedule& schedule, double t) {
  return schedule.noise(t) / schedule.signal(t);
}

}  // namespace

// The pixels are white, so that the posterior mean is the same formula in every orthonormal basis.
BOOST_AUTO_TEST_CASE(posterior_mean_through_any_autoencoder) {
  for (const auto& coder :
       {identity_autoencoder(), identity_autoencoder(5, 0.1), block_dct(2, 3), space_to_depth(2)})
    for (const auto& schedule : {rectified_flow(), vp_scaled_linear()}) {
      const auto asked = std::make_shared<Asked>();
      const DenoiserModel model(coder->latent_shape(kPixels), kExact, schedule, coder,
                                wiener(asked));
      const double t = 0.7 * model.schedule().t_max();
      const double signal = schedule->signal(t), noise = schedule->noise(t);
      const Tensor x = Rng(1).uniform(kPixels, kExact);
      const Tensor z_t = coder->encode(x) * signal;  // so that x is what the denoiser must see
      const Tensor found = coder->decode(model.origin(z_t, t));
      const double sigma = noise / signal / coder->scale();
      BOOST_TEST(at::max(at::abs(found - (0.4 + 0.02 / (0.02 + sigma * sigma) * (x - 0.4))))
                     .item<double>() < 1e-12);
      BOOST_TEST(std::abs(asked->sigmas.at(0) - sigma) < 1e-15);
      BOOST_TEST((asked->shapes.at(0) == Shape{8, 3, 8, 6}));
    }
}

BOOST_AUTO_TEST_CASE(without_noise_the_identity) {
  const auto coder = identity_autoencoder();
  const DenoiserModel model(kPixels, kExact, vp_scaled_linear(), coder, wiener());
  const Tensor z = Rng(2).normal(kPixels, kExact);
  BOOST_TEST(at::equal(model.origin(z, -1), z));
  BOOST_TEST(!at::equal(model.origin(z, 0), z));
}

BOOST_AUTO_TEST_CASE(times_end_where_the_denoiser_does) {
  for (const auto& schedule : {rectified_flow(), rectified_flow(false), vp_scaled_linear()})
    for (const double scale : {1.0, 2.0}) {
      const DenoiserModel model(kPixels, kExact, schedule, identity_autoencoder(scale), wiener());
      const double last = model.schedule().t_max();
      BOOST_TEST(ratio(*schedule, last) <= 0.3 * scale);
      BOOST_TEST(ratio(*schedule, last + 1e-6) > 0.3 * scale * (1 - 1e-8));
      BOOST_CHECK_THROW(model.schedule().signal(last + 1e-6), NotSupportedError);
      BOOST_CHECK_THROW(model.origin(at::zeros(kPixels, kExact.options()), last + 1),
                        NotSupportedError);
      BOOST_CHECK_THROW(model.schedule().t_of_ratio(0.33 * scale), NotSupportedError);
      BOOST_TEST(std::abs(model.schedule().t_of_ratio(0.2 * scale) -
                          schedule->t_of_ratio(0.2 * scale)) < 1e-12);
    }
  BOOST_TEST(limited(rectified_flow(), 1e6)->t_max() > 999);
  // The grid's least noise is 0.008.
  BOOST_CHECK_THROW(limited(rectified_flow(), 1e-3), NotSupportedError);
  BOOST_CHECK_THROW(
      DenoiserModel({1, 3, 1, 4, 4}, kExact, vp_scaled_linear(), block_dct(2), wiener()),
      ShapeError);
}

BOOST_AUTO_TEST_CASE(ffdnet_of_a_spec) {
  const auto made = [](Json spec, const Shape& pixels = {1, 3, 2, 6, 8}) {
    spec["type"] = "ffdnet_image";
    const SpecReader reader(spec);
    const auto prior = prior_table().make(reader, pixels, Placement{});
    reader.finish();
    return prior;
  };
  const auto prior = made({{"weights", "random"}});
  BOOST_TEST(std::abs(ratio(prior->schedule(), prior->schedule().t_max()) - 2 * 75 / 255.) < 1e-9);
  const Tensor x = Rng(3).uniform(prior->pixels(), {});
  const auto once = [&](const char* compute) {
    return stochastic_autoencode(*made({{"weights", "random"}, {"compute", compute}}), x, 100,
                                 Rng(4));
  };
  BOOST_TEST(at::equal(once("float32"), stochastic_autoencode(*prior, x, 100, Rng(4))));
  BOOST_TEST(!at::equal(once("float32"), once("bfloat16")));
  BOOST_CHECK_NO_THROW(made({{"weights", "random"}}, {1, 1, 2, 6, 8}));
  BOOST_CHECK_THROW(made({{"weights", "random"}}, {1, 2, 2, 6, 8}), Error);
  BOOST_CHECK_THROW(made({{"weights", "/nowhere/ffdnet.pth"}}), IoError);
  BOOST_CHECK_THROW(made({{"weights", "random"}, {"sha256", "0"}}), SpecError);
  BOOST_CHECK_THROW(made(Json::object()), SpecError);
}

BOOST_AUTO_TEST_SUITE_END()
