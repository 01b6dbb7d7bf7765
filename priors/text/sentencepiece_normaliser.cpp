#include "priors/text/sentencepiece_normaliser.hpp"

#include <cstring>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

const std::string kSpace = "\xe2\x96\x81";  // U+2581

// A unit of a double-array trie (Yata's darts-clone): a label, whether a value follows, and how far
// the children are; a value has the top bit set.
bool has_value(std::uint32_t unit) { return unit >> 8 & 1; }
std::uint32_t value(std::uint32_t unit) { return unit & 0x7FFFFFFF; }
std::uint32_t label(std::uint32_t unit) { return unit & 0x800000FF; }
std::uint32_t offset(std::uint32_t unit) { return (unit >> 10) << ((unit & 0x200) >> 6); }

}  // namespace

std::size_t character_length(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return std::min(length, text.size());
}

SentencePieceNormaliser::SentencePieceNormaliser(const SentencePieceModel& model,
                                                 const std::string& origin)
    : suffix_(model.whitespace_as_suffix),
      prefix_(model.add_dummy_prefix),
      remove_extra_(model.remove_extra_whitespaces),
      escape_(model.escape_whitespaces) {
  for (const auto& piece : model.pieces)
    if (piece.type == SentencePieceModel::Type::user_defined) {
      user_defined_.insert(piece.text);
      longest_user_defined_ = std::max(longest_user_defined_, piece.text.size());
    }
  const std::string& map = model.charsmap;
  if (map.empty()) return;
  std::uint32_t size = 0;
  if (map.size() >= sizeof size) std::memcpy(&size, map.data(), sizeof size);
  if (size == 0 || size % 4 != 0 || size > map.size() - std::min(map.size(), sizeof size))
    throw IoError(text(origin, ": the character table of normaliser ", model.normaliser,
                       ": a trie of ", size, " bytes in ", map.size()));
  trie_.resize(size / 4);
  std::memcpy(trie_.data(), map.data() + sizeof size, size);
  texts_ = map.substr(sizeof size + size);
  if (texts_.empty() || texts_.back() != '\0')
    throw IoError(text(origin, ": the character table of normaliser ", model.normaliser,
                       ": its texts do not end with a 0"));
}

std::size_t SentencePieceNormaliser::user_defined_length(std::string_view text) const {
  for (std::size_t n = std::min(longest_user_defined_, text.size()); n > 0; --n)
    if (user_defined_.count(text.substr(0, n))) return n;
  return 0;
}

SentencePieceNormaliser::Rewritten SentencePieceNormaliser::first(std::string_view text) const {
  if (const std::size_t n = user_defined_length(text)) return {text.substr(0, n), n};
  Rewritten best = {text.substr(0, character_length(text)), character_length(text)};
  // Indices that lead out of the array end the search: the file may hold anything.
  std::size_t node = trie_.empty() ? 0 : offset(trie_[0]);
  for (std::size_t i = 0; !trie_.empty() && i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    node ^= byte;
    if (node >= trie_.size() || label(trie_[node]) != byte) break;
    const std::uint32_t unit = trie_[node];
    node ^= offset(unit);
    if (!has_value(unit)) continue;
    if (node >= trie_.size() || value(trie_[node]) >= texts_.size()) break;
    // texts_ ends with a 0, so that each text in it does.
    best = {std::string_view(texts_.c_str() + value(trie_[node])), i + 1};
  }
  return best;
}

std::string SentencePieceNormaliser::operator()(std::string_view text) const {
  const std::string space = escape_ ? kSpace : " ";
  std::string out;
  if (remove_extra_)
    while (!text.empty() && first(text).text == " ") text.remove_prefix(first(text).used);
  if (text.empty()) return out;
  if (prefix_ && !suffix_) out += space;
  bool after_space = remove_extra_;
  while (!text.empty()) {
    const Rewritten part = first(text);
    text.remove_prefix(part.used);
    std::string_view rest = part.text;
    while (after_space && !rest.empty() && rest[0] == ' ') rest.remove_prefix(1);
    for (const char c : rest) {
      if (c == ' ')
        out += space;
      else
        out += c;
    }
    if (!rest.empty()) after_space = remove_extra_ && rest.back() == ' ';
  }
  if (remove_extra_)
    while (out.size() >= space.size() &&
           out.compare(out.size() - space.size(), space.size(), space) == 0)
      out.resize(out.size() - space.size());
  if (prefix_ && suffix_) out += space;
  return out;
}

}  // namespace lvtino
