#include "priors/text/prompt_cleaning.hpp"

#include <algorithm>

#include "priors/text/html_entities.hpp"
#include "priors/text/unicode.hpp"
#include "priors/text/wrong_decoding.hpp"

namespace lvtino {
namespace {

char32_t straight(char32_t quote) {
  if (quote == 0x2BC || (quote >= 0x2018 && quote <= 0x201B)) return U'\'';
  return quote >= 0x201C && quote <= 0x201F ? U'"' : quote;
}

std::u32string usual_characters(std::u32string_view text) {
  std::u32string out;
  for (const char32_t c : text)
    for (const char32_t usual : unicode::usual_form(from_windows_1252(c))) out += straight(usual);
  return out;
}

std::u32string usual_line_breaks(std::u32string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    const bool of_two = c == U'\r' && i + 1 < text.size() && text[i + 1] == U'\n';
    if (!of_two) out += c == U'\r' || c == 0x2028 || c == 0x2029 ? U'\n' : c;
  }
  return out;
}

/// "\x1b[1;31m" and the like.
std::u32string without_terminal_escapes(std::u32string_view text) {
  const auto length = [](std::u32string_view rest) -> std::size_t {
    if (rest.size() < 3 || rest[0] != 0x1B || rest[1] != U'[') return 0;
    const std::size_t last = rest.find_first_not_of(U"0123456789;", 2);
    if (last == std::u32string_view::npos) return 0;
    const char32_t c = rest[last] | 0x20;
    return c >= U'a' && c <= U'z' ? last + 1 : 0;
  };
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t used = length(text.substr(i));
    if (used == 0) out += text[i];
    i += std::max<std::size_t>(used, 1);
  }
  return out;
}

/// Of ASCII those that are no white space, the discouraged ones of Arabic, annotations, the byte
/// order mark. Joiners, marks of direction and tags change how text looks and stay.
bool is_useless(char32_t c) {
  return c < 9 || c == 0xB || (c >= 0xE && c < 0x20) || c == 0x7F || (c >= 0x206A && c < 0x2070) ||
         c == 0xFEFF || (c >= 0xFFF9 && c < 0xFFFD);
}

std::u32string mended_line(std::u32string line, bool with_html) {
  while (true) {
    const std::u32string before = line;
    if (with_html) line = unescaped_certain_html(line);
    line = decoded_again(line);
    line = without_terminal_escapes(usual_line_breaks(usual_characters(line)));
    std::erase_if(line, is_useless);
    line = unicode::composed(line);
    if (line == before) return line;
  }
}

}  // namespace

std::u32string mended_text(std::u32string_view text) {
  std::u32string out;
  bool with_html = true;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find(U'\n'), text.size() - 1) + 1;
    const std::u32string_view line = text.substr(0, length);
    // A tag: the text is HTML and wants to be.
    with_html = with_html && line.find(U'<') == std::u32string_view::npos;
    out += mended_line(std::u32string(line), with_html);
    text.remove_prefix(length);
  }
  return out;
}

std::string cleaned_prompt(std::string_view utf8) {
  const std::u32string text = unescaped_html(unescaped_html(mended_text(unicode::decoded(utf8))));
  return unicode::collapsed_whitespace(unicode::encoded(text));
}

}  // namespace lvtino
