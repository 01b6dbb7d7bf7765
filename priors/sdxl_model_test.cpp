#include "priors/sdxl_model.hpp"

#include "lvtino/core/error.hpp"
#include "lvtino/core/rng.hpp"
#include "network_fixture.hpp"

BOOST_AUTO_TEST_SUITE(sdxl_model)

using namespace lvtino;

namespace {

const Placement kExact = {at::kDouble};

struct Small {
  std::shared_ptr<const nn::SdxlUnet> unet;
  nn::SdxlContext context;
  Tensor latents = Rng(1).normal({2, 4, 3, 4, 8}, kExact);

  explicit Small(at::ScalarType dtype = at::kDouble) {
    const auto fixture = nn::fixtures::read("sdxl_unet.safetensors");
    nn::StoredWeights stored(fixture.weights, "f", nn::sdxl_unet_architecture().schemes[0].naming,
                             {dtype});
    unet = std::make_shared<const nn::SdxlUnet>(
        nn::read_sdxl_unet_config(SpecReader(fixture.config)), nn::Weights(stored));
    const auto& in = fixture.whole.inputs;
    context =
        unet->context({in.at("encoder_hidden_states"), in.at("text_embeds"), in.at("time_ids")});
  }

  SdxlModel model(std::int64_t frames_at_once, Shape domain = {2, 4, 3, 4, 8}) const {
    const auto load = [*this] { return std::make_shared<const SdxlModel::Loaded>(unet, context); };
    return {std::move(domain), kExact,        vp_scaled_linear(), {load, true},
            unet->placement(), frames_at_once};
  }
};

}  // namespace

// At the published times, with the published square roots of abar and 1 - abar.
BOOST_AUTO_TEST_CASE(origin_is_the_one_step_rule) {
  const Small small;
  const SdxlModel model = small.model(2);
  const std::vector<std::array<double, 3>> table = {{124, 0.929197265, 0.369584149},
                                                    {249, 0.821846953, 0.569708334},
                                                    {374, 0.683161947, 0.730266906},
                                                    {499, 0.526943688, 0.849900200}};
  for (const auto& [t, signal, noise] : table) {
    const Tensor z = model.origin(small.latents, t);
    for (std::int64_t n = 0; n < 2; ++n)
      for (std::int64_t f = 0; f < 3; ++f) {
        const Tensor frame = small.latents[n].select(1, f).unsqueeze(0).contiguous();
        const Tensor expected =
            (frame - noise * small.unet->epsilon(frame, t, small.context)) / signal;
        BOOST_TEST(nn::fixtures::relative_error(z[n].select(1, f), expected[0]) < 3e-9);
      }
  }
}

BOOST_AUTO_TEST_CASE(frames_at_once_do_not_change_the_result) {
  const Small small;
  const Tensor all = small.model(3).origin(small.latents, 374);
  for (const std::int64_t count : {1, 2, 7})
    BOOST_TEST(nn::fixtures::relative_error(small.model(count).origin(small.latents, 374), all) <
               1e-13);
}

BOOST_AUTO_TEST_CASE(a_network_in_bfloat16_serves_latents_in_float64) {
  const Small exact, half(at::kBFloat16);
  const Tensor z = half.model(3).origin(half.latents, 249);
  const double error = nn::fixtures::relative_error(z, exact.model(3).origin(exact.latents, 249));
  BOOST_TEST(error < 0.03);
  BOOST_TEST(error > 1e-6);
}

BOOST_AUTO_TEST_CASE(refusals) {
  const Small small;
  BOOST_CHECK_THROW(small.model(0), ShapeError);
  BOOST_CHECK_THROW(
      small.model(1, {2, 3, 3, 4, 8}).origin(at::zeros({2, 3, 3, 4, 8}, at::kDouble), 374),
      ShapeError);
  BOOST_CHECK_THROW(small.model(1, {2, 4, 4, 8}), ShapeError);
  BOOST_CHECK_THROW(small.model(1).origin(small.latents, 1000), NotSupportedError);
}

BOOST_AUTO_TEST_SUITE_END()
