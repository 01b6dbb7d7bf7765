#pragma once

#include "priors/nn/network.hpp"

namespace lvtino::nn {

/// A published set of weights of an architecture.
struct PublishedNetwork {
  std::string title;   ///< "Wan2.1 T2V 1.3B transformer"
  std::string config;  ///< JSON of its configuration
};

/// An architecture that files are recognised as and that `lvtino_run --forward` runs.
struct NetworkEntry {
  const Architecture* architecture;
  std::vector<PublishedNetwork> published;
  /// Keys that files hold beside the weights and that mean nothing. May be empty.
  std::function<bool(const std::string&)> ignored = {};
};

/// All of them.
const std::vector<NetworkEntry>& network_table();

/// The entry of that name. Throws NotSupportedError that lists the names.
const NetworkEntry& find_network(const std::string& name);

}  // namespace lvtino::nn
