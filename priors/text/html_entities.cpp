#include "priors/text/html_entities.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <unordered_map>

#include "priors/text/html_names.hpp"

namespace lvtino {
namespace {

struct Named {
  std::u32string text;
  bool bare = false;                    // counts without a semicolon
  std::optional<std::u32string> upper;  // of its capitals, unless they are another name
};

using Names = std::unordered_map<std::string, Named>;

/// "41,301"
std::u32string code_points(std::string_view list) {
  std::u32string out;
  while (!list.empty()) {
    const std::string_view one = list.substr(0, list.find(','));
    std::uint32_t value = 0;
    std::from_chars(one.data(), one.data() + one.size(), value, 16);
    out += char32_t(value);
    list.remove_prefix(std::min(one.size() + 1, list.size()));
  }
  return out;
}

const Names& names() {
  static const Names all = [] {
    Names out;
    for (std::string_view rest = html_names(); !rest.empty();) {
      const std::string_view entry = rest.substr(0, rest.find(' '));
      rest.remove_prefix(entry.size() + 1);
      const std::size_t sign = entry.find('='), hat = entry.find('^');
      Named named;
      named.bare = entry[sign - 1] == '+';
      named.text = code_points(entry.substr(sign + 1, std::min(hat, entry.size()) - sign - 1));
      if (hat != std::string_view::npos) {
        named.upper = code_points(entry.substr(hat + 1));
        if (named.upper->empty()) named.upper = named.text;
      }
      out.emplace(entry.substr(0, sign - std::size_t(named.bare)), std::move(named));
    }
    return out;
  }();
  return all;
}

const Named* named(const std::string& name) {
  const auto found = names().find(name);
  return found == names().end() ? nullptr : &found->second;
}

/// Of the capitals of a name.
const std::u32string* upper_named(const std::string& capitals) {
  std::string lower = capitals;
  for (char& c : lower) {
    if (c >= 'a' && c <= 'z') return nullptr;
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  }
  const Named* found = named(lower);
  return found && found->upper ? &*found->upper : nullptr;
}

constexpr char32_t digit(char32_t c) {
  if (c >= U'0' && c <= U'9') return c - U'0';
  if (c >= U'a' && c <= U'f') return c - U'a' + 10;
  if (c >= U'A' && c <= U'F') return c - U'A' + 10;
  return 16;
}

constexpr char32_t kBeyond = 0x110000;

bool is_no_character(char32_t c) {
  return c < 9 || c == 0xB || (c >= 0xE && c < 0x20) || c == 0x7F || (c >= 0xFDD0 && c < 0xFDF0) ||
         (c & 0xFFFE) == 0xFFFE;
}

std::u32string numbered(char32_t c) {
  if (c == 0 || c >= kBeyond || (c >= 0xD800 && c < 0xE000)) return U"\uFFFD";
  if (is_no_character(c)) return U"";
  return {from_windows_1252(c)};
}

/// What a reference at the start of `text`, just after its &, stands for.
struct Reference {
  std::u32string text;
  std::size_t used;  // characters after the &; 0: there is no reference
};

/// "#38;", "#x26;", the semicolon optional.
Reference number(std::u32string_view text) {
  const bool hex = text.size() > 1 && (text[1] == U'x' || text[1] == U'X');
  const char32_t base = hex ? 16 : 10;
  const std::size_t begin = hex ? 2 : 1;
  std::size_t i = begin;
  char32_t value = 0;
  for (; i < text.size() && digit(text[i]) < base; ++i)
    value = std::min(char32_t(value * base + digit(text[i])), kBeyond);
  if (i == begin) return {U"", 0};
  return {numbered(value), i + std::size_t(i < text.size() && text[i] == U';')};
}

/// At most the first `count` characters that are ASCII.
std::string ascii(std::u32string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < std::min(count, text.size()) && text[i] < 0x80; ++i)
    out += char(text[i]);
  return out;
}

Reference name(std::u32string_view text) {
  constexpr std::size_t kLongest = 32;  // no name is longer
  std::size_t length = std::min(text.find_first_of(U"\t\n\f <&#;"), text.size());
  const bool terminated = length <= kLongest && length < text.size() && text[length] == U';';
  length = std::min(length, kLongest);
  const std::string letters = ascii(text, length);
  const Named* whole = letters.size() == length ? named(letters) : nullptr;
  if (whole && (terminated || whole->bare)) return {whole->text, length + std::size_t(terminated)};
  for (std::size_t n = letters.size(); n > 1; --n)
    if (const Named* part = named(letters.substr(0, n)); part && part->bare) return {part->text, n};
  return {U"", 0};
}

bool is_letter_or_digit(char32_t c) {
  return (c >= U'0' && c <= U'9') || (c >= U'a' && c <= U'z') || (c >= U'A' && c <= U'Z');
}

Reference certain(std::u32string_view text) {
  constexpr std::size_t kLongest = 24;
  const std::size_t begin = !text.empty() && text[0] == U'#' ? 1 : 0;
  std::size_t end = begin;
  while (end < text.size() && is_letter_or_digit(text[end])) ++end;
  if (end == begin || end - begin > kLongest || end == text.size() || text[end] != U';')
    return {U"", 0};
  const std::size_t used = end + 1;
  if (begin == 1) {
    const Reference read = number(text);
    // The number of a semicolon itself stays as well: not worth a surprise.
    return read.used == used && read.text != U";" ? read : Reference{U"", 0};
  }
  const std::string letters = ascii(text, end);
  if (const Named* found = named(letters)) return {found->text, used};
  if (const std::u32string* upper = upper_named(letters)) return {*upper, used};
  return {U"", 0};
}

template <class Read>
std::u32string unescaped(std::u32string_view text, const Read& read) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    const char32_t c = text[i++];
    const Reference found = c == U'&' ? read(text.substr(i)) : Reference{U"", 0};
    if (found.used == 0)
      out += c;
    else
      out += found.text;
    i += found.used;
  }
  return out;
}

}  // namespace

std::u32string unescaped_html(std::u32string_view text) {
  return unescaped(text, [](std::u32string_view rest) {
    return !rest.empty() && rest[0] == U'#' ? number(rest) : name(rest);
  });
}

std::u32string unescaped_certain_html(std::u32string_view text) { return unescaped(text, certain); }

char32_t from_windows_1252(char32_t c) {
  static constexpr std::array<char32_t, 32> kHigh = {
      0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
      0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
      0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};
  return c >= 0x80 && c < 0xA0 ? kHigh[c - 0x80] : c;
}

}  // namespace lvtino
