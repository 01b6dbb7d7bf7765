#include <algorithm>
#include <nlohmann/json.hpp>

#include "lvtino/core/spec.hpp"

namespace lvtino {

std::string nearest_name(const std::string& word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 2) + 1;
  for (const std::string& candidate : candidates) {
    std::vector<std::size_t> row(candidate.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= word.size() && i <= 64; ++i) {
      std::size_t diagonal = row[0]++;
      for (std::size_t j = 1; j < row.size(); ++j) {
        const std::size_t change = diagonal + (word[i - 1] != candidate[j - 1]);
        diagonal = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
      }
    }
    if (row.back() < best_distance) best_distance = row.back(), best = candidate;
  }
  return best;
}

void set_at_pointer(Json& document, const std::string& pointer, const Json& value) {
  if (pointer.empty() || pointer[0] != '/')
    throw SpecError(pointer, "expected a JSON pointer that begins with /");
  Json* at = &document;
  std::size_t begin = 1;
  while (true) {
    const std::size_t end = std::min(pointer.find('/', begin), pointer.size());
    std::string key;
    for (std::size_t i = begin; i < end; ++i) {
      const bool escaped = pointer[i] == '~' && i + 1 < end;
      key += escaped ? (pointer[++i] == '1' ? '/' : '~') : pointer[i];
    }
    const std::string where = pointer.substr(0, end);
    if (at->is_array()) {
      const bool digits = !key.empty() && key.size() < 9 &&
                          key.find_first_not_of("0123456789") == std::string::npos;
      if (!digits || std::stoul(key) >= at->size())
        throw SpecError(where, text("expected an index below ", at->size()));
      at = &(*at)[std::stoul(key)];
    } else if (at->is_object() || at->is_null()) {
      at = &(*at)[key];
    } else {
      throw SpecError(where, text("leads through a ", at->type_name(), ", which has no keys"));
    }
    if (end == pointer.size()) break;
    begin = end + 1;
  }
  *at = value;
}

}  // namespace lvtino
