#include <boost/test/unit_test.hpp>

#include "lvtino/core/operation_count.hpp"
#include "network_fixture.hpp"
#include "priors/networks/sdxl_unet.hpp"
#include "priors/networks/sdxl_vae.hpp"
#include "priors/networks/wan_transformer.hpp"
#include "priors/networks/wan_vae.hpp"

// The arithmetic of the published networks: counted on a few pixels and brought to 25 x 768 x 1280
// (attention between the pixels grows with their square, all else with their number), against sums
// over the layers that were worked out apart from this code, in 10^12 operations.
BOOST_AUTO_TEST_SUITE(network_operations)

using namespace lvtino;
using namespace lvtino::nn;

namespace {

Tensor drawn(const Shape& shape) { return Rng(1).normal(shape, {}); }

// `between(n)`: operations of attention where there are n times fewer latent samples than at full
// size.
double at_full_size(double fewer, const std::function<Tensor()>& pass,
                    const std::function<double(double)>& between) {
  const OperationCount count;
  pass();
  return ((count.operations() - between(fewer)) * fewer + between(1)) / 1e12;
}

// `layers` times attention of `tokens` with all features, both products.
double attention(double tokens, double features, double layers) {
  return 4 * tokens * tokens * features * layers;
}

const auto kTolerance = boost::test_tools::tolerance(2e-3);

}  // namespace

BOOST_AUTO_TEST_CASE(wan) {
  const c10::InferenceMode inference;
  fixtures::OneNumber weights;
  const WanTransformer transformer(Weights{weights}, {.layers = 3});  // a tenth of its blocks
  const WanContext context = transformer.context(drawn({1, 8, 4096}));
  const WanTime time = transformer.time(at::full({1}, 757., at::kDouble));
  const Tensor latent = drawn({1, 16, 7, 2, 2});
  const double fewer = 48 * 80;
  BOOST_TEST(at_full_size(
                 fewer, [&] { return transformer.forward(latent, time, context); },
                 [](double n) { return attention(26880 / n, 1536, 3); }) == 20.31,
             kTolerance);
  const WanVae vae(Weights{weights}, {});
  const auto of_frames = [](double n) { return attention(15360 / n, 384, 7); };
  BOOST_TEST(at_full_size(
                 fewer,
                 [&] {
                   return vae.encode(drawn({1, 3, 25, 16, 16}).clamp_(-1, 1));
                 },
                 of_frames) == 127.1,
             kTolerance);
  BOOST_TEST(at_full_size(
                 fewer, [&] { return vae.decode(latent); }, of_frames) == 212.3,
             kTolerance);
}

BOOST_AUTO_TEST_CASE(sdxl) {
  const c10::InferenceMode inference;
  fixtures::OneNumber weights;
  const SdxlUnet unet({}, Weights{weights});
  const SdxlContext context =
      unet.context({at::ones({1, 77, 2048}), at::ones({1, 1280}), at::ones({1, 6})});
  const Tensor latent = drawn({1, 4, 8, 8}), time = unet.time(374, context);
  const double fewer = 12 * 20;
  // Keys and values of the prompt are part of the sum, and not of a pass.
  const double prompt = 4 * 77 * 2048 * (10 * 640. + 60 * 1280.) / 1e12;
  BOOST_TEST(at_full_size(
                 fewer, [&] { return unet.epsilon(latent, time, context); },
                 [](double n) {
                   return attention(3840 / n, 640, 10) + attention(960 / n, 1280, 60);
                 }) == 6.30 - prompt,
             kTolerance);
  const SdxlVae vae({}, Weights{weights});
  const auto of_image = [](double n) { return attention(15360 / n, 512, 1); };
  BOOST_TEST(at_full_size(
                 fewer,
                 [&] {
                   return vae.encode(drawn({1, 3, 64, 64}));
                 },
                 of_image) == 4.54,
             kTolerance);
  BOOST_TEST(at_full_size(
                 fewer, [&] { return vae.decode(latent); }, of_image) == 9.78,
             kTolerance);
}

BOOST_AUTO_TEST_SUITE_END()
