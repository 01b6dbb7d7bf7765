#pragma once

#include <string>
#include <string_view>

namespace lvtino {

/// What the published programs of Wan make of a prompt before its tokenizer sees it, as did the
/// original tokenizer of CLIP: `mended_text`, the references of HTML read twice
/// (html_entities.hpp), white space single and none at the ends. Throws IoError where the text is
/// not UTF-8.
std::string cleaned_prompt(std::string_view utf8);

/// What the Python package ftfy 6 (`fix_text`) does, line by line until nothing changes: references
/// of HTML with their semicolon, unless a "<" stands in this line or one before; text decoded again
/// where it certainly was decoded wrongly (wrong_decoding.hpp: less than ftfy dares); characters
/// 0x80 to 0x9F taken for windows-1252's; Latin ligatures apart; half and full width characters in
/// their usual width; straight quotation marks; all line breaks "\n"; colours of terminals and
/// control characters left out; composed (NFC).
std::u32string mended_text(std::u32string_view text);

}  // namespace lvtino
