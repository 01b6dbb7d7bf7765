#include "priors/networks/sdxl_unet.hpp"

#include "lvtino/core/error.hpp"
#include "lvtino/core/rng.hpp"
#include "lvtino/core/sha256.hpp"
#include "network_fixture.hpp"

BOOST_AUTO_TEST_SUITE(sdxl_unet)

using namespace lvtino;
using namespace lvtino::nn;
using namespace lvtino::nn::fixtures;

namespace {

// Steps of 2^-8 at each of some hundred roundings, which partly average out.
constexpr double kBfloat16Bound = 0.03;
constexpr double kHalfBound = kBfloat16Bound / 8;  // three bits more

const Architecture& arch() { return sdxl_unet_architecture(); }

}  // namespace

BOOST_AUTO_TEST_CASE(has_the_tensors_of_the_published_network) {
  const TensorList tensors = published(arch());
  const std::string listing = canonical_listing(tensors);
  BOOST_TEST(tensors.size() == 1680u);
  BOOST_TEST(parameters(tensors) == 2567463684);
  BOOST_TEST(Sha256().update(listing.data(), listing.size()).hex() ==
             "858f291ff98bed67543a2f98063cb09cde3491af1da9e5b9a682f43bebe5f132");
}

BOOST_AUTO_TEST_CASE(agrees_with_diffusers) {
  for (const char* file : {"sdxl_unet.safetensors", "sdxl_unet_odd.safetensors"})
    BOOST_TEST_CONTEXT(file) {
      BOOST_TEST_MESSAGE(file);
      const Fixture fixture = read(file);
      check_parity(*load(arch(), fixture), fixture);
    }
}

BOOST_AUTO_TEST_CASE(agrees_in_half_precision_to_its_rounding) {
  const Fixture fixture = read("sdxl_unet.safetensors");
  for (const auto& [dtype, bound] :
       {std::pair{at::kBFloat16, kBfloat16Bound}, {at::kHalf, kHalfBound}}) {
    const auto network = load(arch(), fixture, {dtype});
    BOOST_CHECK(network->run(fixture.whole.inputs).at("epsilon").scalar_type() == dtype);
    check_parity(*network, fixture, {bound, bound});
  }
}

BOOST_AUTO_TEST_CASE(a_context_serves_all_frames_and_times) {
  const Fixture fixture = read("sdxl_unet.safetensors");
  StoredWeights stored(fixture.weights, "f", arch().schemes[0].naming, {at::kDouble});
  const SdxlUnet unet(read_sdxl_unet_config(SpecReader(fixture.config)), Weights(stored));
  const auto& in = fixture.whole.inputs;
  const SdxlPrompt prompt = {in.at("encoder_hidden_states"), in.at("text_embeds"),
                             in.at("time_ids")};
  const SdxlContext ready = unet.context(prompt);
  const Tensor x = in.at("sample").to(at::kDouble);
  BOOST_TEST(relative_error(unet.epsilon(x, 124, ready), unet.epsilon(x, 374, ready)) > 1e-3);

  // One by one, and with the prompt written out for each: the same numbers.
  const Tensor all = unet.epsilon(x, 374, ready);
  for (std::int64_t m = 0; m < x.size(0); ++m)
    BOOST_TEST(relative_error(unet.epsilon(x.narrow(0, m, 1), 374, ready), all.narrow(0, m, 1)) <
               1e-13);
  const auto twice = [](const Tensor& of) { return at::cat({of, of}, 0); };
  const SdxlContext each =
      unet.context({twice(prompt.embeddings), twice(prompt.pooled), twice(prompt.time_ids)});
  BOOST_TEST(relative_error(unet.epsilon(x, 374, each), all) < 1e-13);
  BOOST_CHECK_THROW(unet.epsilon(x, unet.time(374, each), ready), ShapeError);
}

BOOST_AUTO_TEST_CASE(the_published_network_runs) {
  OneNumber weights;
  const SdxlUnet unet({}, Weights{weights});
  const SdxlContext context =
      unet.context({at::ones({1, 77, 2048}), at::ones({1, 1280}), at::ones({1, 6})});
  std::size_t blocks = 0;
  for (const auto& stage : context.stages)
    for (const auto& transformer : stage) blocks += transformer.size();
  BOOST_TEST(blocks == 70u);
  const Tensor x = Rng(1).normal({2, 4, 8, 4}, {}), epsilon = unet.epsilon(x, 374, context);
  BOOST_CHECK(epsilon.sizes() == x.sizes());
  BOOST_TEST(count_non_finite(epsilon.contiguous()) == 0);
}

BOOST_AUTO_TEST_CASE(errors_name_the_input_and_what_came) {
  const Fixture fixture = read("sdxl_unet.safetensors");
  const auto network = load(arch(), fixture);
  const auto said = [&](NamedTensors inputs) -> std::string {
    try {
      network->run(inputs);
    } catch (const ShapeError& error) {
      return error.what();
    }
    return "";
  };
  NamedTensors inputs = fixture.whole.inputs;
  inputs["sample"] = at::zeros({2, 3, 8, 8});
  BOOST_TEST(said(inputs) ==
             "input sample: expected [any, 4, any, any], got [2, 3, 8, 8] float32 cpu");
  inputs = fixture.whole.inputs;
  inputs.erase("time_ids");
  BOOST_TEST(said(inputs) == "input time_ids: expected [1, 6], got no such input");
  inputs = fixture.whole.inputs;
  inputs["sample"] = at::zeros({3, 4, 8, 8});
  for (const char* name : {"encoder_hidden_states", "text_embeds", "time_ids"})
    inputs[name] = at::cat({inputs[name], inputs[name]}, 0);
  BOOST_TEST(said(inputs).find("context of one prompt or of 3, got 2") != std::string::npos);
  BOOST_CHECK_THROW(network->run_block("down_blocks.3", {}), NotSupportedError);

  const auto refused = [](const char* config, const char* why) {
    try {
      read_sdxl_unet_config(SpecReader(parse_json(config, "c")));
    } catch (const SpecError& error) {
      return std::string(error.what()).find(why) != std::string::npos;
    }
    return false;
  };
  BOOST_TEST(refused(R"({"heads": [5, 10]})", "an entry a level, got 3, 3 and 2"));
  BOOST_TEST(refused(R"({"heads": [5, 10.5, 20]})", "/heads: expected integers, got 10.5"));
  BOOST_TEST(refused(R"({"norm_num_groups": 48})", "level 0: 320 channels do not divide"));
  BOOST_TEST(refused(R"({"projection_input_dim": 1536})", "above 6 addition_time_embed_dim"));
}

BOOST_AUTO_TEST_SUITE_END()
