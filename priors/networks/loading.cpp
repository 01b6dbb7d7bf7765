#include "priors/networks/loading.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino::nn {
namespace {

// The shortest key below which there is the telltale of a scheme; "" for none.
std::string key_of_telltale(const Architecture& architecture, const NamedTensors& tensors) {
  std::string best;
  for (const NamingScheme& scheme : architecture.schemes)
    for (const auto& [name, tensor] : tensors) {
      const std::string end = "." + scheme.telltale;
      if (name.size() <= end.size() || name.compare(name.size() - end.size(), end.size(), end) != 0)
        continue;
      const std::string key = name.substr(0, name.size() - end.size());
      if (best.empty() || key.size() < best.size()) best = key;
    }
  return best;
}

}  // namespace

const NamingScheme& scheme_of(const Architecture& architecture, const Checkpoint& checkpoint) {
  std::string telltales;
  for (const NamingScheme& scheme : architecture.schemes) {
    if (checkpoint.tensors.count(scheme.telltale)) return scheme;
    telltales += text("\n  ", scheme.name, ": ", scheme.telltale);
  }
  const std::string key = key_of_telltale(architecture, checkpoint.tensors);
  throw IoError(text(checkpoint.path, ": not the weights of ", architecture.name,
                     ", which would have one of", telltales,
                     key.empty() ? "" : text("\n  it has one below the key \"", key, "\"")));
}

std::function<bool(const std::string&)> tolerated(const NetworkEntry& entry,
                                                  const StoredWeights& stored) {
  return [prefix = stored.prefix(), ignored = entry.ignored](const std::string& key) {
    return key.rfind(prefix, 0) != 0 || (ignored && ignored(key));
  };
}

}  // namespace lvtino::nn
