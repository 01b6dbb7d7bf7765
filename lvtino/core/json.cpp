#include "lvtino/core/json.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <vector>

#include "lvtino/core/error.hpp"
#include "lvtino/core/sorted_json.hpp"

namespace lvtino {
namespace {

template <class Document>
Document parsed(std::string_view document, const std::string& origin) {
  constexpr int kDeepest = 64;
  std::vector<std::set<std::string>> keys;
  const auto check = [&](int depth, typename Document::parse_event_t event, Document& parsed) {
    using Event = typename Document::parse_event_t;
    if (depth > kDeepest)
      throw SpecError("", text(origin, ": nested deeper than ", kDeepest, " levels"));
    if (event == Event::object_start) keys.emplace_back();
    if (event == Event::object_end) keys.pop_back();
    if (event == Event::key && !keys.back().insert(parsed.template get<std::string>()).second)
      throw SpecError(
          "", text(origin, ": key \"", parsed.template get<std::string>(), "\" stands twice"));
    return true;
  };
  try {
    return Document::parse(document, check);
  } catch (const typename Document::exception& failure) {
    throw SpecError("", text(origin, ": not valid JSON: ", failure.what()));
  }
}

}  // namespace

Json parse_json(const std::string& document, const std::string& origin) {
  return parsed<Json>(document, origin);
}

SortedJson parse_sorted_json(std::string_view document, const std::string& origin) {
  return parsed<SortedJson>(document, origin);
}

Json read_json_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (!file || !(content << file.rdbuf())) throw IoError(text("cannot read ", path));
  return parse_json(content.str(), path);
}

}  // namespace lvtino
