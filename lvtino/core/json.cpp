#include "lvtino/core/json.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <vector>

#include "lvtino/core/error.hpp"

namespace lvtino {

Json parse_json(const std::string& document, const std::string& origin) {
  constexpr int kDeepest = 64;
  std::vector<std::set<std::string>> keys;
  const Json::parser_callback_t check = [&](int depth, Json::parse_event_t event, Json& parsed) {
    if (depth > kDeepest)
      throw SpecError("", text(origin, ": nested deeper than ", kDeepest, " levels"));
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key && !keys.back().insert(parsed.get<std::string>()).second)
      throw SpecError("", text(origin, ": key \"", parsed.get<std::string>(), "\" stands twice"));
    return true;
  };
  try {
    return Json::parse(document, check);
  } catch (const Json::exception& failure) {
    throw SpecError("", text(origin, ": not valid JSON: ", failure.what()));
  }
}

Json read_json_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (!file || !(content << file.rdbuf())) throw IoError(text("cannot read ", path));
  return parse_json(content.str(), path);
}

}  // namespace lvtino
