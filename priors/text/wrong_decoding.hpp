#pragma once

#include <string>
#include <string_view>

namespace lvtino {

/// Text whose UTF-8 was read as if it were latin-1 or windows-1252 ("Ã©" for "é"), read again as
/// UTF-8, as many times as it was done. Only where there is no doubt: all of the text is bytes of
/// the one or the other, they are UTF-8, and some pair in it hardly occurs otherwise (see
/// `seems_wrongly_decoded`; or a character of 0x80 to 0x9F). Otherwise the text as it is: what lost
/// bytes, was read as something else, or is wrong only in part stays wrong.
std::u32string decoded_again(std::u32string_view text);

/// Whether there is a pair that such mistakes make and hardly anybody writes: Â, Ã, Î, Ð and most
/// of what the bytes 0x80 to 0xBF are in windows-1252, or â and the sign of the euro, or ð and Ÿ.
bool seems_wrongly_decoded(std::u32string_view text);

}  // namespace lvtino
