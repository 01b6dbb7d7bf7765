#include "priors/networks/loading.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino::nn {
namespace {

bool ends_with(const std::string& name, const std::string& end) {
  return name.size() > end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

const NamingScheme& scheme_of(const Architecture& architecture, const Checkpoint& checkpoint) {
  std::string telltales, hint;
  for (const NamingScheme& scheme : architecture.schemes) {
    if (checkpoint.tensors.count(scheme.telltale)) return scheme;
    telltales += text("\n  ", scheme.name, ": ", scheme.telltale);
    for (const auto& [name, tensor] : checkpoint.tensors)
      if (hint.empty() && ends_with(name, "." + scheme.telltale))
        hint = text("\n  it has one below the key \"",
                    name.substr(0, name.size() - scheme.telltale.size() - 1), "\"");
  }
  throw IoError(text(checkpoint.path, ": not the weights of ", architecture.name,
                     ", which would have one of", telltales, hint));
}

std::function<bool(const std::string&)> tolerated(const NetworkEntry& entry,
                                                  const StoredWeights& stored) {
  return [prefix = stored.prefix(), ignored = entry.ignored](const std::string& key) {
    return key.rfind(prefix, 0) != 0 || (ignored && ignored(key));
  };
}

}  // namespace lvtino::nn
