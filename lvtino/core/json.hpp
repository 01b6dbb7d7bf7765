#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace lvtino {

/// JSON with keys in the order of writing, so that specs and reports read as they were written.
using Json = nlohmann::ordered_json;

/// Parses `text`. Throws SpecError with line, column and `origin` (a file name, say) if it is not
/// valid JSON, has duplicate keys or nests deeper than 64 levels.
Json parse_json(const std::string& text, const std::string& origin);

/// Throws IoError (cannot read) or SpecError (not JSON).
Json read_json_file(const std::string& path);

}  // namespace lvtino
