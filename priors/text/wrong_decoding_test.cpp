#include "priors/text/wrong_decoding.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(wrong_decoding)

using namespace lvtino;

BOOST_AUTO_TEST_CASE(utf8_read_as_one_byte_a_character_is_read_again) {
  BOOST_CHECK(decoded_again(U"d\u00c3\u00a9j\u00c3\u00a0 vu") == U"d\u00e9j\u00e0 vu");
  // As windows-1252: a quotation mark, a smile; as latin-1: the same mark, Japanese.
  BOOST_CHECK(decoded_again(U"it\u00e2\u20ac\u2122s") == U"it\u2019s");
  BOOST_CHECK(decoded_again(U"\u00f0\u0178\u02dc\u20ac") == U"\U0001f600");
  BOOST_CHECK(decoded_again(U"it\u00e2\u0080\u0099s") == U"it\u2019s");
  BOOST_CHECK(decoded_again(U"\u00e6\u009d\u00b1") == U"\u6771");
  // Twice.
  BOOST_CHECK(decoded_again(U"\u00c3\u0192\u00c2\u00a9") == U"\u00e9");
}

BOOST_AUTO_TEST_CASE(what_is_not_certain_stays) {
  for (const std::u32string text :
       {U"d\u00e9j\u00e0 vu", U"S\u00c3O", U"CAF\u00c9\u2122", U"\u6771 d\u00c3\u00a9j\u00c3\u00a0",
        U"\u00c3\u00a9 and \u00e9", U"\u00c3\u00a9\u001a\u2122", U"\u00c3", U"", U"\u00c2\u2026"})
    BOOST_CHECK(decoded_again(text) == text);
}

BOOST_AUTO_TEST_CASE(telling_pairs) {
  for (const std::u32string text :
       {U"x\u00c3\u00a9", U"\u00c2\u00a0", U"\u00e2\u20ac", U"\u00d0\u017e"})
    BOOST_CHECK(seems_wrongly_decoded(text));
  for (const std::u32string text : {U"", U"\u00c3", U"\u00c3x", U"\u00c3\u2026", U"\u00c2\u00a5",
                                    U"\u00e2\u0178", U"\u00e9\u00a9", U"\u20ac\u00e2"})
    BOOST_CHECK(!seems_wrongly_decoded(text));
}

BOOST_AUTO_TEST_SUITE_END()
