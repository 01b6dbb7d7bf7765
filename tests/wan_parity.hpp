#pragma once

#include <nlohmann/json.hpp>

#include "lvtino/core/json.hpp"
#include "priors/nn/network.hpp"

// Fixtures of tests/parity/networks/wan_fixtures.py: a network of another implementation, what went
// into it and what came out of its parts.
namespace wan_parity {

using namespace lvtino;
using namespace lvtino::nn;

/// The tensors whose names begin with `prefix`, without it.
inline NamedTensors below(const NamedTensors& tensors, const std::string& prefix) {
  NamedTensors out;
  for (const auto& [name, tensor] : tensors)
    if (name.rfind(prefix, 0) == 0) out[name.substr(prefix.size())] = tensor;
  return out;
}

/// |a - b| / |b|; infinite where shapes differ.
inline double distance(const Tensor& a, const Tensor& b) {
  if (a.sizes() != b.sizes()) return INFINITY;
  const Tensor exact = b.to(at::kDouble);
  return ((a.to(at::kDouble) - exact).norm() / exact.norm()).item<double>();
}

struct Fixture {
  explicit Fixture(const std::string& name)
      : file(read_safetensors(LVTINO_SOURCE_DIR "/tests/parity/networks/" + name)) {}

  /// The network with the fixture's weights, which are in the last naming scheme.
  std::unique_ptr<Network> network(const Architecture& architecture, at::ScalarType dtype) const {
    const NamedTensors weights = below(file.tensors, "weights/");
    StoredWeights stored(weights, "fixture", architecture.schemes.back().naming, {dtype});
    const SpecReader config(parse_json(file.metadata.at("config"), "fixture"));
    std::unique_ptr<Network> network = architecture.build(config, Weights(stored));
    config.finish();
    stored.finish([](const std::string& key) { return key == "encoder.embed_tokens.weight"; });
    return network;
  }

  /// What is under "CASE/PART/", floating-point numbers in `dtype`.
  NamedTensors part(const std::string& path, at::ScalarType dtype = at::kFloat) const {
    NamedTensors out = below(file.tensors, path + "/");
    for (auto& [name, tensor] : out)
      if (at::isFloatingType(tensor.scalar_type())) tensor = tensor.to(dtype);
    return out;
  }

  SafetensorsFile file;
};

/// Largest distance of the outputs that the fixture has.
inline double worst(const NamedTensors& found, const NamedTensors& expected) {
  double out = expected.empty() ? INFINITY : 0;
  for (const auto& [name, tensor] : expected)
    out = std::max(out, found.count(name) ? distance(found.at(name), tensor) : INFINITY);
  return out;
}

}  // namespace wan_parity
