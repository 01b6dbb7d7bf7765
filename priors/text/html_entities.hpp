#pragma once

#include <string>
#include <string_view>

namespace lvtino {

/// Character references of HTML as browsers read them (HTML living standard, 13.2.5.72 to 80) and
/// Python's html.unescape: names with a semicolon, old ones without it too, the longest that fits
/// ("&notit;" is the sign of negation and "it;"); decimal and hexadecimal numbers, 0x80 to 0x9F of
/// them windows-1252. Numbers of no character become U+FFFD, of control and non-characters
/// nothing. Once: "&amp;lt;" becomes "&lt;".
std::u32string unescaped_html(std::u32string_view text);

/// The same for text that only may be HTML: names of letters and digits, at most 24, and numbers,
/// all with their semicolon; capitals of names count ("&EACUTE;"), as what they are in upper case.
std::u32string unescaped_certain_html(std::u32string_view text);

/// What windows-1252 has for the bytes 0x80 to 0x9F; any other character as it is, and the five
/// bytes that mean nothing.
char32_t from_windows_1252(char32_t c);

}  // namespace lvtino
