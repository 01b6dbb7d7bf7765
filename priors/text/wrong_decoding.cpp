#include "priors/text/wrong_decoding.hpp"

#include <algorithm>
#include <optional>

#include "priors/text/html_entities.hpp"
#include "priors/text/unicode.hpp"

namespace lvtino {
namespace {

std::optional<unsigned char> latin_1_byte(char32_t c) {
  if (c < 0x100) return static_cast<unsigned char>(c);
  return std::nullopt;
}

/// The bytes that windows-1252 leaves open are taken as latin-1's.
std::optional<unsigned char> windows_1252_byte(char32_t c) {
  for (char32_t byte = 0x80; byte < 0xA0; ++byte)
    if (from_windows_1252(byte) == c) return static_cast<unsigned char>(byte);
  if (c < 0x80 || (c >= 0xA0 && c < 0x100)) return static_cast<unsigned char>(c);
  return std::nullopt;
}

bool is_control(char32_t c) { return c >= 0x80 && c < 0xA0; }

/// Second of a telling pair with Â, Ã, Î or Ð. Quotation marks, dots, capitals and the yen may
/// follow these in good text.
bool tells(char32_t c) {
  const auto byte = windows_1252_byte(c);
  return byte && *byte >= 0x80 && *byte < 0xC0 &&
         std::u32string_view(U"\u2026\u0152\u017d\u2019\u00a5").find(c) ==
             std::u32string_view::npos;
}

bool is_telling_pair(char32_t a, char32_t b) {
  return (a == U'\u00e2' && b == U'\u20ac') || (a == U'\u00f0' && b == U'\u0178') ||
         (std::u32string_view(U"\u00c2\u00c3\u00ce\u00d0").find(a) != std::u32string_view::npos &&
          tells(b));
}

template <class Byte>
std::optional<std::u32string> read_again(std::u32string_view text, const Byte& byte_of) {
  std::string bytes;
  for (const char32_t c : text) {
    const auto byte = byte_of(c);
    if (!byte) return std::nullopt;
    bytes += char(*byte);
  }
  return unicode::decoded_if_utf8(bytes);
}

}  // namespace

bool seems_wrongly_decoded(std::u32string_view text) {
  return std::adjacent_find(text.begin(), text.end(), is_telling_pair) != text.end();
}

std::u32string decoded_again(std::u32string_view text) {
  std::u32string out(text);
  while (seems_wrongly_decoded(out) || std::any_of(out.begin(), out.end(), is_control)) {
    auto again = read_again(out, latin_1_byte);
    if (!again) again = read_again(out, windows_1252_byte);
    if (!again) break;
    out = *std::move(again);
  }
  return out;
}

}  // namespace lvtino
