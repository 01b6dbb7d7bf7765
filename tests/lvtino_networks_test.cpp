// LVTINO with all its published networks, tiny and with random weights, against a composition of
// diffusers' and transformers' parts (tests/parity/networks/lvtino_fixture.py).

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lvtino/plan.hpp"
#include "network_fixture.hpp"
#include "priors/networks/clip_encoder.hpp"
#include "priors/networks/umt5_encoder.hpp"

BOOST_AUTO_TEST_SUITE(lvtino_networks)

using namespace lvtino;

namespace {

const std::string kWeights = LVTINO_SOURCE_DIR "/tests/parity/networks/lvtino.safetensors";
const Shape kDomain = {1, 3, 5, 32, 32};

nn::NamedTensors below(const nn::NamedTensors& tensors, const std::string& prefix) {
  nn::NamedTensors out;
  for (const auto& [key, tensor] : tensors)
    if (key.compare(0, prefix.size(), prefix) == 0) out[key.substr(prefix.size())] = tensor;
  return out;
}

std::string temporary(const std::string& name) {
  return (std::filesystem::temp_directory_path() / ("lvtino_networks_test_" + name)).string();
}

std::unique_ptr<nn::Network> network(const nn::Architecture& architecture,
                                     const nn::NamedTensors& weights, const Json& config) {
  for (const nn::NamingScheme& scheme : architecture.schemes) {
    if (!weights.count(scheme.telltale)) continue;
    nn::StoredWeights stored(weights, kWeights, scheme.naming, {});
    auto out = architecture.build(SpecReader(config), nn::Weights(stored));
    stored.finish();
    return out;
  }
  throw std::runtime_error("no naming scheme of " + architecture.name);
}

// What the text encoders make of the prompts, as files.
void encode_prompts(const nn::NamedTensors& all) {
  const auto umt5 = network(nn::umt5_encoder_architecture(), below(all, "umt5."),
                            {{"width", 16},
                             {"head_width", 8},
                             {"heads", 2},
                             {"hidden", 24},
                             {"layers", 2},
                             {"vocabulary", 64}});
  const Tensor tokens = all.at("in/tokens");
  const Tensor text =
      umt5->run({{"tokens", tokens}, {"mask", at::ones_like(tokens)}}).at("embedding");
  BOOST_TEST(nn::fixtures::relative_error(text, all.at("text/umt5")) < 2e-5);
  nn::write_safetensors(temporary("wan.safetensors"), {{{"embeddings", text}}, {}});

  const auto clip = [&](const nn::Architecture& architecture, const char* name, Json config) {
    config["vocab_size"] = 64, config["max_positions"] = 12, config["layers"] = 2,
    config["eos_token_id"] = 62;
    return network(architecture, below(all, std::string(name) + "."), config)
        ->run({{"input_ids", all.at(std::string("in/") + name)}});
  };
  const auto l = clip(nn::clip_l_architecture(), "clip_l",
                      {{"hidden_size", 16}, {"heads", 2}, {"intermediate_size", 24}});
  const auto g =
      clip(nn::clip_bigg_architecture(), "clip_g",
           {{"hidden_size", 24}, {"heads", 3}, {"intermediate_size", 40}, {"projection_dim", 10}});
  const Tensor prompt = at::cat({l.at("hidden_states"), g.at("hidden_states")}, -1);
  BOOST_TEST(nn::fixtures::relative_error(prompt, all.at("text/prompt")) < 2e-5);
  BOOST_TEST(nn::fixtures::relative_error(g.at("pooled"), all.at("text/pooled")) < 2e-5);
  nn::write_safetensors(temporary("sdxl.safetensors"),
                        {{{"embeddings", prompt}, {"pooled", g.at("pooled")}}, {}});
}

Json spec() {
  const auto weights = [](const char* key, Json config) -> Json {
    return {{"weights", kWeights}, {"key", key}, {"config", std::move(config)}};
  };
  Json out = parse_json(R"({
    "operator": {"type": "spatial_decimation", "factor": 4, "filter": "area", "centre": "block"},
    "noise": {"sigma": 0.05},
    "total_variation": {"weights": [0, 0, 0]},
    "sampler": {"eta": 0.6, "steps": [{"t_video": 757, "t_image": 374, "delta": 0.02},
                                      {"t_video": 375, "t_image": 249, "delta": 0.02},
                                      {"t_video": 125, "delta": 0.02}]}})",
                        "spec");
  out["priors"]["video"] = {{"type", "wan"},
                            {"precision", "float32"},
                            {"prompt", temporary("wan.safetensors")},
                            {"vae", weights("vae", {{"width", 4},
                                                    {"channels", 4},
                                                    {"mean", {0.1, -0.2, 0.3, -0.4}},
                                                    {"deviation", {1.1, 0.9, 1.3, 0.7}}})},
                            {"transformer", weights("transformer", {{"width", 32},
                                                                    {"heads", 2},
                                                                    {"layers", 2},
                                                                    {"hidden", 24},
                                                                    {"channels", 4},
                                                                    {"frequencies", 8},
                                                                    {"text_width", 16},
                                                                    {"text_length", 5}})}};
  out["priors"]["image"] = {{"type", "sdxl"},
                            {"precision", "float32"},
                            {"prompt", temporary("sdxl.safetensors")},
                            {"frames", 2},
                            {"vae", weights("image_vae", {{"block_out_channels", {4, 8, 8, 8}},
                                                          {"layers_per_block", 1},
                                                          {"norm_num_groups", 2}})},
                            {"unet", weights("unet", {{"block_out_channels", {8, 16, 32}},
                                                      {"transformer_layers", {0, 1, 2}},
                                                      {"heads", {2, 4, 8}},
                                                      {"cross_attention_dim", 40},
                                                      {"norm_num_groups", 4},
                                                      {"addition_time_embed_dim", 4},
                                                      {"projection_input_dim", 34}})}};
  return out;
}

// The iterate after each half of a step, by the names of the fixture.
class Recorder final : public SamplerObserver {
 public:
  void after(const TraceEntry& entry, const Tensor& x) override {
    if (entry.part == "joint prox") halves[text("video/", entry.step)] = x.clone();
    if (entry.part == "data prox") halves[text("image/", entry.step)] = x.clone();
  }
  nn::NamedTensors halves;
};

nn::NamedTensors run(const Json& spec, const Tensor& y) {
  const SpecReader reader(spec);
  const Plan plan = read_plan(reader, kDomain, {});
  reader.finish();
  const Measurement measurement = plan.measurement(y);
  Recorder recorder;
  plan.make_sampler(measurement).run({.x = plan.start(measurement).x}, Rng(7), recorder);
  return recorder.halves;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_whole_run_is_that_of_the_reference_networks) {
  const nn::NamedTensors all = nn::read_safetensors(kWeights).tensors;
  encode_prompts(all);
  const auto found = run(spec(), all.at("in/y"));
  const auto expected = below(all, "out/");
  BOOST_TEST(found.size() == 5u);
  for (const auto& [name, x] : expected) {
    const double error = nn::fixtures::relative_error(found.at(name), x);
    BOOST_TEST_MESSAGE(name << ": " << error);
    BOOST_TEST(error < 1e-5, name << ": " << error);
  }
  // Nothing of it is blind: what a prompt is shows in the end.
  for (const char* prior : {"video", "image"}) {
    Json other = spec();
    other["priors"][prior]["prompt"] = "random";
    const Tensor x = run(other, all.at("in/y")).at("video/2");
    const double change = nn::fixtures::relative_error(x, found.at("video/2"));
    BOOST_TEST_MESSAGE("another prompt of the " << prior << " prior: " << change);
    BOOST_TEST(change > 1e-4);
  }
  // The same bits again, with other batches of frames, pieces and tiles nearly so.
  const auto again = run(spec(), all.at("in/y"));
  BOOST_CHECK(at::equal(again.at("video/2"), found.at("video/2")));
  Json other = spec();
  other["priors"]["image"]["frames"] = 5;
  other["priors"]["image"]["residency"] = "on_demand";
  other["priors"]["video"]["residency"] = "on_demand";
  other["priors"]["video"]["chunk"] = 0;
  other["priors"]["video"]["tile"] = 2;
  BOOST_TEST(nn::fixtures::relative_error(run(other, all.at("in/y")).at("video/2"),
                                          found.at("video/2")) < 1e-4);
}

BOOST_AUTO_TEST_SUITE_END()
