#pragma once

#include "priors/networks/table.hpp"
#include "priors/nn/checkpoint.hpp"

namespace lvtino::nn {

/// The naming scheme that the file is in. Throws IoError if it has no telltale of any, naming them
/// and the `key` of the checkpoint below which there is one.
const NamingScheme& scheme_of(const Architecture& architecture, const Checkpoint& checkpoint);

/// What may be in a file beside the tensors asked for: what the entry ignores, and what belongs to
/// other networks.
std::function<bool(const std::string&)> tolerated(const NetworkEntry& entry,
                                                  const StoredWeights& stored);

/// `build(Weights)` on the weights of the checkpoint, in the placement. Throws IoError that lists
/// what is missing, misshapen and unexpected.
template <class Build>
auto build_from(const Checkpoint& checkpoint, const NetworkEntry& entry, const Placement& placement,
                const Build& build) {
  StoredWeights stored(checkpoint.tensors, checkpoint.path,
                       scheme_of(*entry.architecture, checkpoint).naming, placement);
  auto network = build(Weights(stored));
  stored.finish(tolerated(entry, stored));
  return network;
}

}  // namespace lvtino::nn
