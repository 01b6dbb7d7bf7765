#include "lvtino/forward.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/core/rng.hpp"
#include "priors/networks/table.hpp"
#include "priors/nn/safetensors.hpp"

BOOST_AUTO_TEST_SUITE(forward)

using namespace lvtino;
using nn::NamedTensors;

namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path = fs::temp_directory_path() / "lvtino_forward_test";
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  std::string file(const std::string& name) const { return (path / name).string(); }
};

/// Remembers what a network was given.
struct Kept final : nn::WeightSource {
  nn::RandomWeights source{Rng(0), {}};
  NamedTensors tensors;
  Tensor take(const std::string& name, const Shape& shape) override {
    return tensors[name] = source.take(name, shape);
  }
};

const Json kConfig = {{"width", 24},   {"heads", 2},       {"layers", 2},     {"hidden", 20},
                      {"channels", 4}, {"frequencies", 8}, {"text_width", 6}, {"text_length", 5}};

NamedTensors some_inputs() {
  const Rng rng(3);
  return {{"latent", rng.fork("latent").normal({1, 4, 2, 4, 6}, {})},
          {"timestep", at::full({1}, 757, at::kFloat)},
          {"prompt", rng.fork("prompt").normal({1, 3, 6}, {})}};
}

/// A folder with inputs, weights in the naming of CausVid below "generator", and a model.
struct Setting {
  Folder folder;
  Kept kept;
  std::unique_ptr<nn::Network> network;
  Json model;

  Setting() {
    const nn::Architecture& architecture = *nn::find_network("wan_transformer").architecture;
    network = architecture.build(SpecReader(kConfig), nn::Weights(kept));
    NamedTensors stored;
    for (const auto& [name, tensor] : kept.tensors) stored["generator.model." + name] = tensor;
    nn::write_safetensors(folder.file("w.safetensors"), {.tensors = stored});
    nn::write_safetensors(folder.file("in.safetensors"), {.tensors = some_inputs()});
    model = {{"architecture", "wan_transformer"},
             {"config", kConfig},
             {"weights", "w.safetensors"},
             {"key", "generator"}};
  }

  NamedTensors outputs(const std::string& block = "") const {
    write_file(folder.file("model.json"), model.dump());
    forward_network({.model = folder.file("model.json"),
                     .in = folder.file("in.safetensors"),
                     .out = folder.file("out.safetensors"),
                     .block = block});
    return nn::read_safetensors(folder.file("out.safetensors")).tensors;
  }

  template <class Failure>
  bool fails(const std::string& why) const {
    try {
      outputs();
    } catch (const Failure& failure) {
      const std::string message = failure.what();
      if (message.find(why) != message.npos) return true;
      BOOST_TEST_MESSAGE("got: " << message);
    }
    return false;
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(files_are_what_the_network_computes) {
  Setting setting;
  const NamedTensors expected = setting.network->run(some_inputs());
  const NamedTensors found = setting.outputs();
  BOOST_REQUIRE(found.size() == 1u);
  BOOST_TEST(at::equal(found.at("flow"), expected.at("flow")));
  setting.model["weights"] = "random";  // the same seed
  BOOST_TEST(at::equal(setting.outputs().at("flow"), expected.at("flow")));
  setting.model["seed"] = 1;
  BOOST_TEST(!at::equal(setting.outputs().at("flow"), expected.at("flow")));
}

BOOST_AUTO_TEST_CASE(one_part_alone) {
  const Setting setting;
  const NamedTensors inputs = {{"timestep", at::full({1}, 757, at::kFloat)}};
  nn::write_safetensors(setting.folder.file("in.safetensors"), {.tensors = inputs});
  const NamedTensors found = setting.outputs("time_embedding");
  for (const auto& [name, tensor] : setting.network->run_block("time_embedding", inputs))
    BOOST_TEST(at::equal(found.at(name), tensor));
}

// Inputs are rounded to the precision, the timestep is not: 757 would be 756.
BOOST_AUTO_TEST_CASE(precision) {
  Setting setting;
  const Tensor exact = setting.outputs().at("flow");
  setting.model["precision"] = "bfloat16";
  const Tensor rounded = setting.outputs().at("flow");
  BOOST_TEST(rounded.scalar_type() == at::kBFloat16);
  const double error = l2_norm(rounded.to(at::kFloat) - exact) / l2_norm(exact);
  BOOST_TEST(error > 0);
  BOOST_TEST(error < 0.05);
  NamedTensors inputs = some_inputs();
  inputs["timestep"] = at::full({1}, 756, at::kFloat);
  nn::write_safetensors(setting.folder.file("in.safetensors"), {.tensors = inputs});
  BOOST_TEST(!at::equal(setting.outputs().at("flow"), rounded));
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named) {
  const auto with = [](const std::string& key, const Json& value) {
    Setting setting;
    setting.model[key] = value;
    return setting;
  };
  BOOST_TEST(with("architecture", "wan").fails<SpecError>("/architecture"));
  BOOST_TEST(with("more", 1).fails<SpecError>("/more"));
  BOOST_TEST(with("config", {{"witdh", 1}}).fails<SpecError>("/config/witdh"));
  BOOST_TEST(with("precision", "int8").fails<SpecError>("/precision"));
  BOOST_TEST(with("weights", "gone").fails<IoError>("gone"));
  BOOST_TEST(with("key", "critic").fails<IoError>("no tensors below the key \"critic\""));
  BOOST_TEST(with("key", "").fails<IoError>("below the key \"generator\""));
  Json wider = kConfig;
  wider["text_width"] = 7;
  BOOST_TEST(
      with("config", wider).fails<IoError>("text_embedding.0.weight expected [24, 7] got [24, 6]"));

  Setting setting;
  const auto given = [&](const std::string& name, const Tensor& tensor) {
    NamedTensors inputs = some_inputs();
    inputs[name] = tensor;
    nn::write_safetensors(setting.folder.file("in.safetensors"), {.tensors = inputs});
  };
  given("latent", at::zeros({1, 3, 2, 4, 6}));
  BOOST_TEST(setting.fails<ShapeError>("latent"));
  given("prompt", at::zeros({1, 3, 7}));
  BOOST_TEST(setting.fails<ShapeError>("prompt"));
  given("other", at::zeros({1}));
  BOOST_TEST(setting.fails<ShapeError>("other"));
  nn::write_safetensors(setting.folder.file("in.safetensors"),
                        {.tensors = {{"latent", at::zeros({1, 4, 2, 4, 6})}}});
  BOOST_TEST(setting.fails<ShapeError>("prompt"));
  BOOST_TEST(!fs::exists(setting.folder.file("out.safetensors")));
}

BOOST_AUTO_TEST_SUITE_END()
