#pragma once

#include "lvtino/core/spec.hpp"
#include "priors/nn/weights.hpp"

namespace lvtino::nn {

/// A network as a map between named tensors: what `lvtino_run --forward` and the parity tests run.
/// Immutable.
class Network {
 public:
  virtual ~Network() = default;

  /// The whole network. Throws ShapeError that names the input, what was expected and what came.
  virtual NamedTensors run(const NamedTensors& inputs) const = 0;

  /// Names of the parts that can be run alone, in the order of computation.
  virtual std::vector<std::string> blocks() const = 0;

  /// One part alone, on what it gets in the network. Throws NotSupportedError for a name that
  /// `blocks` has not.
  virtual NamedTensors run_block(const std::string& name, const NamedTensors& inputs) const = 0;
};

/// A naming scheme of files and the key that gives it away.
struct NamingScheme {
  std::string name;  ///< "original", "diffusers", ...
  Naming naming;
  std::string telltale;  ///< a file with this key is in this scheme
};

/// A published architecture: its configuration, its tensors, the names that files give them.
struct Architecture {
  std::string name;     ///< "wan_transformer"
  std::string summary;  ///< one line
  /// The network of the configuration that the reader holds; every key has the published network's
  /// value as its default. Called with a WeightList it only lists the tensors.
  std::function<std::unique_ptr<Network>(const SpecReader& config, const Weights& weights)> build;
  std::vector<NamingScheme> schemes;  ///< the network's own naming first
};

}  // namespace lvtino::nn
