#pragma once

#include "priors/nn/weights.hpp"

namespace lvtino::nn {

/// A weight file, opened.
struct Checkpoint {
  std::string path;
  std::string container;  ///< "safetensors", "safetensors in 3 shards", "torch zip", "torch stream"
  NamedTensors tensors;
  std::map<std::string, std::string> metadata;  ///< free text of safetensors
  std::vector<std::string> others;  ///< entries that are no tensors: numbers, text, lists
};

/// Opens a weight file of any format that is read, told by its content:
///
///   safetensors;
///   X.safetensors.index.json, whose "weight_map" says in which file beside it each tensor lies;
///   torch.save since 1.6 (a zip archive) and before (a stream): .pt, .pth, .bin, .ckpt.
///
/// Tensors are views of the mapped file, on the CPU, in their stored dtype, to be read only; the
/// file stays mapped while one of them lives. Nothing of a file is executed. Torch's dictionaries
/// may be nested: names are paths ("generator.model.head.weight").
///
/// With a `key`, only what lies below it is kept, without it: "generator" leaves
/// "model.head.weight". Throws IoError that names the file and the tensor, also if there is nothing
/// below `key`.
Checkpoint open_checkpoint(const std::string& path, const std::string& key = "");

/// What has a name below `key`, without it; for an empty key, everything.
template <class Value>
std::map<std::string, Value> below(const std::map<std::string, Value>& named,
                                   const std::string& key) {
  if (key.empty()) return named;
  const std::string prefix = key + ".";
  std::map<std::string, Value> out;
  for (auto at = named.lower_bound(prefix);
       at != named.end() && at->first.compare(0, prefix.size(), prefix) == 0; ++at)
    out.emplace(at->first.substr(prefix.size()), at->second);
  return out;
}

/// Names and shapes.
TensorList list_of(const NamedTensors& tensors);

/// SHA-256 of the canonical listing.
std::string listing_digest(const TensorList& tensors);

/// Number of numbers in all tensors.
std::int64_t parameter_count(const TensorList& tensors);

/// Number of tensors of each dtype, by its safetensors name.
std::map<std::string, std::int64_t> dtype_counts(const NamedTensors& tensors);

}  // namespace lvtino::nn
