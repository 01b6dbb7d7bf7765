#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "lvtino/core/json.hpp"

namespace lvtino {

/// A spec as the user wrote it, with its preset and the changes of the command line worked in.
struct SpecFile {
  Json document;
  std::string folder;  ///< of the file: relative paths in the spec begin here
};

/// Reads `path`, lays it over the preset that its key "preset" names (objects merge key by key,
/// anything else replaces), then applies `changes`, each "/json/pointer=value" with a JSON value (a
/// word that is not JSON counts as a string). Throws IoError, SpecError.
SpecFile load_spec(const std::string& path, const std::vector<std::string>& changes = {});

/// The same for a document in memory.
Json with_preset(const Json& document, const std::string& folder);

/// Lays `top` over `base`: objects merge key by key; anything else replaces, and so does an object of
/// another "type": the keys of the one below mean nothing to it. (Not RFC 7386: a null is a value here.)
void lay_over(Json& base, const Json& top);

/// Whether a name can be that of a file or folder: 1 to 100 letters, digits, '.', '_', '-', not hidden.
bool is_plain_name(const std::string& name);

/// Names of the presets that are built in.
std::vector<std::string> preset_names();

}  // namespace lvtino
