#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lvtino/core/spec.hpp"

namespace lvtino {

/// One named part of the toolkit: how it is made from a spec, what it is, and a spec that works.
/// `Factory` is a function type whose first parameter is `const SpecReader&`.
template <class Factory>
struct Entry {
  std::string name;
  std::string summary;
  std::string example;  ///< JSON text of a spec that builds it
  std::function<Factory> make;
};

/// Immutable table of entries. Each folder has one, written out in its table.cpp: a static library
/// drops self-registering objects, and a table can be read.
template <class Factory>
class Registry {
 public:
  explicit Registry(std::string noun, std::vector<Entry<Factory>> entries)
      : noun_(std::move(noun)), entries_(std::move(entries)) {}

  const std::string& noun() const { return noun_; }
  const std::vector<Entry<Factory>>& entries() const { return entries_; }

  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& entry : entries_) out.push_back(entry.name);
    return out;
  }

  /// Makes what `reader`'s "type" names. A ShapeError of the factory comes back as a SpecError that
  /// carries the pointer of the part.
  template <class... Arguments>
  auto make(const SpecReader& reader, const Arguments&... arguments) const {
    const std::string type = reader.type(names());
    try {
      for (const auto& entry : entries_)
        if (entry.name == type) return entry.make(reader, arguments...);
    } catch (const ShapeError& failure) {
      throw SpecError(reader.pointer(), failure.what());
    }
    throw reader.error("type", text("unknown ", noun_, " ", type));
  }

 private:
  std::string noun_;
  std::vector<Entry<Factory>> entries_;
};

}  // namespace lvtino
