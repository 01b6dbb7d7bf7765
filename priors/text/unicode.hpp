#pragma once

#include <optional>
#include <string>
#include <string_view>

/// What tokenizers need of Unicode 14 (tables by make_unicode_tables.py).
namespace lvtino::unicode {

/// The characters of UTF-8. Throws IoError that names the byte where the text is not UTF-8
/// (truncated, overlong, a surrogate, beyond U+10FFFF).
std::u32string decoded(std::string_view utf8);

/// The same; none where the text is not UTF-8.
std::optional<std::u32string> decoded_if_utf8(std::string_view utf8);

void append_utf8(std::string& out, char32_t character);
std::string encoded(std::u32string_view characters);

bool is_letter(char32_t c);  ///< category L*
bool is_number(char32_t c);  ///< category N*
bool is_space(char32_t c);   ///< property White_Space

/// Every character in its lower case alone: no rule looks at neighbours (final sigma).
std::u32string lower_case(std::u32string_view characters);

/// The letters of a Latin ligature or digraph that is one character (U+FB03: ffi), the usual form
/// of a half or full width one (U+FF21: A); any other character as it is.
std::u32string usual_form(char32_t c);

/// Normalisation form C (Unicode standard annex 15).
std::u32string composed(std::u32string_view characters);

/// Runs of white space as one space each, none at the ends.
std::string collapsed_whitespace(std::string_view utf8);

}  // namespace lvtino::unicode
