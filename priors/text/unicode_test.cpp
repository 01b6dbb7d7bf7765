#include "priors/text/unicode.hpp"

#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"
#include "priors/text/unicode_tables.hpp"

BOOST_AUTO_TEST_SUITE(unicode)

using namespace lvtino;
using namespace lvtino::unicode;

BOOST_AUTO_TEST_CASE(utf8_goes_there_and_back) {
  const std::u32string all = {0,      0x7F,   0x80,   0x7FF,   0x800,
                              0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF};
  BOOST_CHECK(decoded(encoded(all)) == all);
  BOOST_CHECK(encoded(U"\u00e9\u6771\U0001f600") == "\xc3\xa9\xe6\x9d\xb1\xf0\x9f\x98\x80");
}

BOOST_AUTO_TEST_CASE(other_bytes_are_refused_where_they_stand) {
  // A lone continuation, an overlong 0 and /, a truncation, a surrogate, beyond the end, no lead.
  for (const std::string bad : {"\x80", "\xc0\x80", "\xe0\x80\xaf", "\xf0\x9f\x98", "\xed\xa0\x80",
                                "\xf4\x90\x80\x80", "\xff", "\xc3(", "\xf0\x80\x80\x80"})
    BOOST_CHECK_EXCEPTION(decoded("ab" + bad), IoError, [](const IoError& error) {
      return std::string(error.what()) == "text: not UTF-8 at byte 2";
    });
}

BOOST_AUTO_TEST_CASE(classes_of_characters) {
  for (const char32_t c : U"aZ\u00aa\u00df\u0416\u05d0\u0928\u6771\uac00\U00010400")
    if (c) BOOST_CHECK(is_letter(c) && !is_number(c) && !is_space(c));
  for (const char32_t c : U"09\u00bd\u0663\u2168\u2460\uff11")
    if (c) BOOST_CHECK(is_number(c) && !is_letter(c));
  for (const char32_t c : U" \t\n\u00a0\u1680\u2003\u2028\u3000\u0085")
    if (c) BOOST_CHECK(is_space(c));
  for (const char32_t c : U"\u200b\u0301_-\u2581\ufeff\u00b0")
    if (c) BOOST_CHECK(!is_letter(c) && !is_number(c) && !is_space(c));
}

BOOST_AUTO_TEST_CASE(lower_case_looks_at_one_character) {
  BOOST_CHECK(lower_case(U"AZaz\u00c4\u0100\u0101\u0178\u0416\u10a0\U00010400") ==
              U"azaz\u00e4\u0101\u0101\u00ff\u0436\u2d00\U00010428");
  BOOST_CHECK(lower_case(U"\u0391\u03a3") == U"\u03b1\u03c3");  // no final sigma
  BOOST_CHECK(lower_case(U"\u0130") == U"i\u0307");
  BOOST_CHECK(lower_case(U"\u00d7\u01c5\u1e9e") == U"\u00d7\u01c6\u00df");
}

BOOST_AUTO_TEST_CASE(composition_orders_marks_and_leaves_exclusions_apart) {
  BOOST_CHECK(composed(U"e\u0301") == U"\u00e9");
  BOOST_CHECK(composed(U"\u212b\u2126") == U"\u00c5\u03a9");
  BOOST_CHECK(composed(U"q\u0307\u0323") == U"q\u0323\u0307");
  BOOST_CHECK(composed(U"a\u0301\u0323") == U"\u1ea1\u0301");
  BOOST_CHECK(composed(U"a\u0301\u0301") == U"\u00e1\u0301");
  BOOST_CHECK(composed(U"\u0958") == U"\u0915\u093c");          // excluded from composition
  BOOST_CHECK(composed(U"a\u034f\u0301") == U"a\u034f\u0301");  // a starter in between
  BOOST_CHECK(composed(U"\u1112\u1161\u11ab\uac00\u11a8") == U"\ud55c\uac01");
  BOOST_CHECK(composed(U"e\u0305\u0301") == U"e\u0305\u0301");  // a mark of the same class too
  BOOST_CHECK(composed(U"o\u0316\u0301") == U"\u00f3\u0316");   // one of a lower class does not
  BOOST_CHECK(composed(U"\u0301\u0300") == U"\u0301\u0300");
  BOOST_CHECK(composed(U"") == U"");
}

// What holds for every character, whatever the table says of it.
BOOST_AUTO_TEST_CASE(composition_is_idempotent_and_case_has_no_second_step) {
  for (char32_t c = 1; c < 0x30000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    const std::u32string once = composed(std::u32string(1, c));
    if (composed(once) != once) BOOST_ERROR(std::uint32_t(c));
    const std::u32string low = lower_case(std::u32string(1, c));
    if (lower_case(low) != low) BOOST_ERROR(std::uint32_t(c));
  }
  for (const Pair& pair : canonical_pairs()) {
    const std::u32string both = composed(std::u32string{pair.first, pair.second});
    if (pair.composes && both != std::u32string(1, pair.whole))
      BOOST_ERROR(std::uint32_t(pair.whole));
  }
}

BOOST_AUTO_TEST_CASE(white_space_collapses) {
  BOOST_TEST(collapsed_whitespace(" \t a\u00a0 b\n") == "a b");
  BOOST_TEST(collapsed_whitespace("") == "");
  BOOST_TEST(collapsed_whitespace(" \n ") == "");
}

BOOST_AUTO_TEST_SUITE_END()
