#pragma once

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "lvtino/core/json.hpp"
#include "priors/nn/network.hpp"

/// Small networks of the reference libraries with what they answered, as the scripts of
/// tests/parity/networks store them.
namespace lvtino::nn::fixtures {

struct Case {
  NamedTensors inputs, outputs;
};

struct Fixture {
  std::string origin;
  Json config;
  NamedTensors weights;
  Case whole;
  std::map<std::string, Case> blocks;
};

inline Fixture read(const std::string& file) {
  const std::string path = LVTINO_SOURCE_DIR "/tests/parity/networks/" + file;
  const SafetensorsFile stored = read_safetensors(path);
  Fixture out{path, parse_json(stored.metadata.at("config"), path), {}, {}, {}};
  for (const auto& [key, tensor] : stored.tensors) {
    const std::size_t slash = key.find('/');
    const std::string kind = key.substr(0, slash), rest = key.substr(slash + 1);
    if (kind == "weights") out.weights[rest] = tensor;
    if (kind == "inputs") out.whole.inputs[rest] = tensor;
    if (kind == "outputs") out.whole.outputs[rest] = tensor;
    if (kind != "blocks") continue;
    const std::size_t name = rest.rfind('/'), role = rest.rfind('/', name - 1);
    Case& block = out.blocks[rest.substr(0, role)];
    const bool given = rest.substr(role + 1, name - role - 1) == "inputs";
    (given ? block.inputs : block.outputs)[rest.substr(name + 1)] = tensor;
  }
  return out;
}

/// |found - expected| / |expected|; infinite for other shapes.
inline double relative_error(const Tensor& found, const Tensor& expected) {
  if (found.sizes() != expected.sizes()) return INFINITY;
  const Tensor exact = expected.to(at::kDouble);
  return ((found.to(at::kDouble) - exact).norm() / exact.norm()).item<double>();
}

/// The network of the fixture from `weights`, which are in that naming.
inline std::unique_ptr<Network> load(const Architecture& architecture, const Fixture& fixture,
                                     const NamedTensors& weights, const Naming& naming,
                                     const Placement& placement = {}) {
  StoredWeights stored(weights, fixture.origin, naming, placement);
  const SpecReader config(fixture.config);
  auto network = architecture.build(config, Weights(stored));
  config.finish();
  stored.finish();
  return network;
}

inline std::unique_ptr<Network> load(const Architecture& architecture, const Fixture& fixture,
                                     const Placement& placement = {}) {
  return load(architecture, fixture, fixture.weights, architecture.schemes.at(0).naming, placement);
}

/// Every output within `bound` of the reference, relative to its norm.
inline void check_outputs(const NamedTensors& found, const NamedTensors& expected, double bound) {
  BOOST_TEST(found.size() == expected.size());
  for (const auto& [name, tensor] : expected) {
    BOOST_TEST_REQUIRE(found.count(name) == 1, name);
    const double error = relative_error(found.at(name), tensor);
    BOOST_TEST_MESSAGE(name << ": " << error);
    BOOST_TEST(error <= bound, name << ": relative error " << error << " > " << bound);
  }
}

/// Relative errors to be kept: float32 rounding, which grows on the way through a whole network.
struct Bounds {
  double whole = 2e-5, block = 2.5e-6;
};

/// The whole network, then each block on what the reference's block got. All blocks of the network
/// must be in the fixture.
inline void check_parity(const Network& network, const Fixture& fixture,
                         const Bounds& bounds = {}) {
  BOOST_TEST_CONTEXT("whole network")
  check_outputs(network.run(fixture.whole.inputs), fixture.whole.outputs, bounds.whole);
  BOOST_TEST(network.blocks().size() == fixture.blocks.size());
  for (const std::string& name : network.blocks()) BOOST_TEST_CONTEXT(name) {
      BOOST_TEST_REQUIRE(fixture.blocks.count(name) == 1);
      const Case& block = fixture.blocks.at(name);
      BOOST_TEST_MESSAGE(name);
      check_outputs(network.run_block(name, block.inputs), block.outputs, bounds.block);
    }
}

/// The names and shapes of the published network.
inline TensorList published(const Architecture& architecture, const Json& config = Json::object()) {
  WeightList list;
  architecture.build(SpecReader(config), Weights(list));
  return list.tensors();
}

inline std::int64_t parameters(const TensorList& tensors) {
  std::int64_t count = 0;
  for (const auto& [name, shape] : tensors) count += element_count(shape);
  return count;
}

/// Tensors of any size that are one number throughout and take no memory, to run the published
/// networks where their weights do not fit.
class OneNumber final : public WeightSource {
 public:
  Tensor take(const std::string&, const Shape& shape) override {
    return at::full({}, 0.01, at::kFloat).expand(shape);
  }
};

}  // namespace lvtino::nn::fixtures
