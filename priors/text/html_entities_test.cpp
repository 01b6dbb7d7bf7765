#include "priors/text/html_entities.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "lvtino/core/json.hpp"
#include "lvtino/core/sha256.hpp"
#include "priors/text/html_names.hpp"
#include "priors/text/unicode.hpp"

BOOST_AUTO_TEST_SUITE(html_entities)

using namespace lvtino;

namespace {

Json answers() {
  return read_json_file(LVTINO_SOURCE_DIR "/tests/parity/networks/tokenizers/prompts.json");
}

std::string hash(std::u32string_view text) {
  const std::string bytes = unicode::encoded(text);
  return Sha256().update(bytes.data(), bytes.size()).hex();
}

/// All names in order, each after a & and before `after`.
std::u32string all_names(const std::string& after, bool capitals = false) {
  std::string out;
  for (std::string_view rest = html_names(); !rest.empty();) {
    std::string name(rest.substr(0, rest.find_first_of("+=")));
    for (char& c : name) c = capitals && c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c;
    out += "&" + name + after;
    rest.remove_prefix(rest.find(' ') + 1);
  }
  return unicode::decoded(out);
}

}  // namespace

BOOST_AUTO_TEST_CASE(agrees_with_python_on_hostile_texts) {
  const Json all = answers().at("hostile");
  BOOST_TEST(all.size() > 200u);
  for (const Json& answer : all) BOOST_TEST_CONTEXT(answer.at("text").dump()) {
      const std::string text = answer.at("text");
      BOOST_TEST(unicode::encoded(unescaped_html(unicode::decoded(text))) ==
                 answer.value("unescaped", text));
    }
}

BOOST_AUTO_TEST_CASE(all_names_mean_what_they_do_in_python) {
  const Json names = answers().at("names");
  const auto agrees = [&](const std::string& key, const std::u32string& text) {
    BOOST_TEST_CONTEXT(key) {
      BOOST_TEST(hash(unescaped_html(text)) == names.at(key).at("unescaped"));
      BOOST_TEST(hash(unescaped_certain_html(text)) == names.at(key).at("mended"));
    }
  };
  agrees("terminated", all_names(";"));
  agrees("bare", all_names(" "));
  agrees("inside", all_names("x"));
  agrees("capitals", all_names(";", true));
}

BOOST_AUTO_TEST_CASE(the_longest_name_counts) {
  BOOST_CHECK(unescaped_html(U"&notit; &notin; &not") == U"\u00acit; \u2209 \u00ac");
  BOOST_CHECK(unescaped_html(U"&amp;lt;") == U"&lt;");
  BOOST_CHECK(unescaped_html(U"&abreve &abreve;") == U"&abreve \u0103");  // not an old name
  BOOST_CHECK(unescaped_html(U"&") == U"&");
  BOOST_CHECK(unescaped_html(U"") == U"");
}

BOOST_AUTO_TEST_CASE(numbers) {
  BOOST_CHECK(unescaped_html(U"&#65;&#x42&#X43;&#68") == U"ABCD");
  BOOST_CHECK(unescaped_html(U"&#128;&#x99;&#x81;") == U"\u20ac\u2122\u0081");
  BOOST_CHECK(unescaped_html(U"&#0;&#xD800;&#x110000;") == U"\ufffd\ufffd\ufffd");
  BOOST_CHECK(unescaped_html(U"&#1;&#xFFFE;&#x2FFFF;&#xFDD0;") == U"");
  BOOST_CHECK(unescaped_html(U"&#99999999999999999999999999;") == U"\ufffd");
  BOOST_CHECK(unescaped_html(U"&#;&#x;&#x") == U"&#;&#x;&#x");
}

BOOST_AUTO_TEST_CASE(what_may_be_no_html_stays) {
  BOOST_CHECK(unescaped_certain_html(U"this&not that&#65 &#65; &not;") ==
              U"this&not that&#65 A \u00ac");
  BOOST_CHECK(unescaped_certain_html(U"&#12ab; &#59; &unknown;") == U"&#12ab; &#59; &unknown;");
  BOOST_CHECK(unescaped_certain_html(U"&EACUTE; &eACUTE; &SZLIG;") == U"\u00c9 &eACUTE; SS");
  // 31 letters.
  BOOST_CHECK(unescaped_certain_html(U"&CounterClockwiseContourIntegral;") ==
              U"&CounterClockwiseContourIntegral;");
}

BOOST_AUTO_TEST_SUITE_END()
