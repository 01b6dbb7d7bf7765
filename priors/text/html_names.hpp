#pragma once

#include <string_view>

namespace lvtino {

/// The 2125 named characters of HTML 5 (html_names.cpp, by make_html_names.py), a space after each:
/// name[+]=characters[^capitals]. Characters are code points in hexadecimal, a comma between two; +
/// marks names that count without a semicolon too, ^ names that no other name's capitals are, and
/// after it what the characters are in upper case where that is something else.
std::string_view html_names();

}  // namespace lvtino
