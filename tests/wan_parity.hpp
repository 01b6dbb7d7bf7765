#pragma once

#include "tests/network_fixture.hpp"

// Fixtures of tests/parity/networks/wan_fixtures.py: a network of another implementation, what went
// into it and what came out of its parts, for several inputs ("cases") of one network.
namespace wan_parity {

using namespace lvtino;
using namespace lvtino::nn;
using fixtures::relative_error;

struct Fixture {
  explicit Fixture(const std::string& name)
      : file(read_safetensors(LVTINO_SOURCE_DIR "/tests/parity/networks/" + name)) {
    weights = {name, parse_json(file.metadata.at("config"), name), below("weights/"), {}, {}};
    // A second name of the first table of tokens, in files of transformers.
    weights.weights.erase("encoder.embed_tokens.weight");
  }

  /// The network with the fixture's weights, which are in the last naming scheme.
  std::unique_ptr<Network> network(const Architecture& architecture, at::ScalarType dtype) const {
    return fixtures::load(architecture, weights, weights.weights,
                          architecture.schemes.back().naming, {dtype});
  }

  /// What is under "CASE/PART/", floating-point numbers in `dtype`.
  NamedTensors part(const std::string& path, at::ScalarType dtype = at::kFloat) const {
    NamedTensors out = below(path + "/");
    for (auto& [name, tensor] : out)
      if (at::isFloatingType(tensor.scalar_type())) tensor = tensor.to(dtype);
    return out;
  }

 private:
  /// The tensors whose names begin with `prefix`, without it.
  NamedTensors below(const std::string& prefix) const {
    NamedTensors out;
    for (const auto& [name, tensor] : file.tensors)
      if (name.rfind(prefix, 0) == 0) out[name.substr(prefix.size())] = tensor;
    return out;
  }

  SafetensorsFile file;
  fixtures::Fixture weights;
};

/// Largest error of the outputs that the fixture has.
inline double worst(const NamedTensors& found, const NamedTensors& expected) {
  double out = expected.empty() ? INFINITY : 0;
  for (const auto& [name, tensor] : expected)
    out = std::max(out, found.count(name) ? relative_error(found.at(name), tensor) : INFINITY);
  return out;
}

}  // namespace wan_parity
