#include "priors/networks/sdxl_vae.hpp"

#include "lvtino/core/error.hpp"
#include "lvtino/core/rng.hpp"
#include "lvtino/core/sha256.hpp"
#include "network_fixture.hpp"

BOOST_AUTO_TEST_SUITE(sdxl_vae)

using namespace lvtino;
using namespace lvtino::nn;
using namespace lvtino::nn::fixtures;

namespace {

// Steps of 2^-8 at each of some fifty roundings, which partly average out.
constexpr double kBfloat16Bound = 0.03;
constexpr double kHalfBound = kBfloat16Bound / 8;  // three bits more

const Architecture& arch() { return sdxl_vae_architecture(); }

}  // namespace

BOOST_AUTO_TEST_CASE(has_the_tensors_of_the_published_network) {
  const TensorList tensors = published(arch());
  const std::string listing = canonical_listing(tensors);
  BOOST_TEST(tensors.size() == 248u);
  BOOST_TEST(parameters(tensors) == 83653863);
  BOOST_TEST(Sha256().update(listing.data(), listing.size()).hex() ==
             "ffbb10974f22a29dd86df4c7c507e4cab275961442d5b2d5efa8b124d0c3f29b");
}

BOOST_AUTO_TEST_CASE(agrees_with_diffusers) {
  const Fixture fixture = read("sdxl_vae.safetensors");
  check_parity(*load(arch(), fixture), fixture);
}

BOOST_AUTO_TEST_CASE(agrees_in_half_precision_to_its_rounding) {
  const Fixture fixture = read("sdxl_vae.safetensors");
  for (const auto& [dtype, bound] :
       {std::pair{at::kBFloat16, kBfloat16Bound}, {at::kHalf, kHalfBound}}) {
    const auto network = load(arch(), fixture, {dtype});
    BOOST_CHECK(network->run(fixture.whole.inputs).at("image").scalar_type() == dtype);
    check_parity(*network, fixture, {bound, bound});
  }
}

BOOST_AUTO_TEST_CASE(images_of_a_batch_do_not_touch) {
  const Fixture fixture = read("sdxl_vae.safetensors");
  StoredWeights stored(fixture.weights, "f", arch().schemes[0].naming, {at::kDouble});
  const SdxlVae vae(read_sdxl_vae_config(SpecReader(fixture.config)), Weights(stored));
  const Tensor images = fixture.whole.inputs.at("image").to(at::kDouble);
  const Tensor latents = vae.encode(images), back = vae.decode(latents);
  BOOST_TEST(relative_error(vae.encode(images, 1), latents) < 1e-13);
  BOOST_TEST(relative_error(vae.decode(latents, 1), back) < 1e-13);
  BOOST_CHECK(at::equal(vae.encode(images, 5), latents));
  BOOST_CHECK_THROW(vae.encode(images, -1), ShapeError);
  BOOST_TEST(relative_error(latents, fixture.whole.outputs.at("latent")) < 1e-6);
  for (std::int64_t m = 0; m < images.size(0); ++m) {
    BOOST_TEST(relative_error(vae.encode(images.narrow(0, m, 1)), latents.narrow(0, m, 1)) < 1e-13);
    BOOST_TEST(relative_error(vae.decode(latents.narrow(0, m, 1)), back.narrow(0, m, 1)) < 1e-13);
  }
}

BOOST_AUTO_TEST_CASE(the_published_network_runs) {
  OneNumber weights;
  const SdxlVae vae({}, Weights{weights});
  const Tensor images = Rng(1).normal({1, 3, 32, 16}, {}), latents = vae.encode(images);
  BOOST_CHECK(shape_of(latents) == Shape({1, 4, 4, 2}));
  BOOST_CHECK(vae.decode(latents).sizes() == images.sizes());
}

BOOST_AUTO_TEST_CASE(errors_name_what_was_expected) {
  const Fixture fixture = read("sdxl_vae.safetensors");
  StoredWeights stored(fixture.weights, "f", arch().schemes[0].naming, {});
  const SdxlVae vae(read_sdxl_vae_config(SpecReader(fixture.config)), Weights(stored));
  const auto message = [](const auto& call) -> std::string {
    try {
      call();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  BOOST_TEST(message([&] {
               vae.encode(at::zeros({1, 3, 16, 20}));
             }) ==
             "sdxl_vae: expected [M, 3, H, W] with H and W multiples of 8, got [1, 3, 16, 20] "
             "float32 cpu");
  BOOST_TEST(message([&] {
               vae.decode(at::zeros({1, 3, 2, 2}));
             }).find("[M, 4, H, W]") != std::string::npos);
  BOOST_CHECK_THROW(vae.decode(at::zeros({1, 4, 2, 2}, at::kDouble)), PlacementError);
  BOOST_TEST(message([&] { vae.run({}); }) ==
             "input latent: expected [any, 4, any, any], got no such input");
  BOOST_CHECK_THROW(vae.run_block("decoder.up_blocks.4", {}), NotSupportedError);
  BOOST_CHECK_THROW(read_sdxl_vae_config(SpecReader(parse_json(R"({"norm_num_groups": 48})", "c"))),
                    SpecError);
}

BOOST_AUTO_TEST_SUITE_END()
