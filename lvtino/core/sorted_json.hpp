#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace lvtino {

/// JSON with sorted keys: for objects of very many keys, with which Json takes quadratic time.
using SortedJson = nlohmann::json;

/// `parse_json` into it.
SortedJson parse_sorted_json(std::string_view text, const std::string& origin);

}  // namespace lvtino
