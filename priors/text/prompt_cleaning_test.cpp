#include "priors/text/prompt_cleaning.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/json.hpp"
#include "priors/text/unicode.hpp"
#include "priors/text/wrong_decoding.hpp"

BOOST_AUTO_TEST_SUITE(prompt_cleaning)

using namespace lvtino;

namespace {

Json answers(const std::string& key) {
  return read_json_file(LVTINO_SOURCE_DIR "/tests/parity/networks/tokenizers/prompts.json").at(key);
}

std::string mended(const std::string& utf8) {
  return unicode::encoded(mended_text(unicode::decoded(utf8)));
}

}  // namespace

BOOST_AUTO_TEST_CASE(agrees_with_ftfy_and_diffusers_on_hostile_texts) {
  const Json all = answers("hostile");
  BOOST_TEST(all.size() > 200u);
  for (const Json& answer : all) BOOST_TEST_CONTEXT(answer.at("text").dump()) {
      const std::string text = answer.at("text");
      BOOST_TEST(mended(text) == answer.value("mended", text));
      BOOST_TEST(cleaned_prompt(text) == answer.value("cleaned", text));
    }
}

BOOST_AUTO_TEST_CASE(what_was_decoded_wrongly_is_mended_as_ftfy_does_or_left) {
  int wrong = 0, right = 0, noticed = 0;
  for (const Json& answer : answers("wrongly_decoded"))
    BOOST_TEST_CONTEXT(answer.at("text").dump()) {
      const std::string text = answer.at("text"), got = mended(text);
      const std::string reference = answer.value("mended", text);
      const std::string left = answer.value("kept", reference);
      BOOST_TEST((got == reference || got == left));
      if (reference == left) continue;
      ++wrong;
      right += got == reference;
      noticed += got != reference && seems_wrongly_decoded(unicode::decoded(got));
    }
  BOOST_TEST(wrong > 100);
  BOOST_TEST(right >= 38);
  BOOST_TEST(right + noticed >= 53);
}

BOOST_AUTO_TEST_CASE(steps_of_the_mending) {
  BOOST_TEST(mended("\u201cLOUD\u201d \uff2e\uff2f\uff29\uff33\uff25\uff33\u2028\ufb03x\u02bc") ==
             "\"LOUD\" NOISES\nffix'");
  BOOST_TEST(mended("\x1b[1;31mred\x1b[0m\x07 \ufeffe\u0301\r\n") == "red \u00e9\n");
  BOOST_TEST(mended("&amp;lt; a<b &amp; c\n&amp;") == "&amp;lt; a<b &amp; c\n&amp;");
  BOOST_TEST(mended("&amp;lt;\na<b &amp;") == "<\na<b &amp;");
  BOOST_TEST(mended("") == "");
}

BOOST_AUTO_TEST_CASE(a_prompt_that_is_right_stays) {
  for (const char* const text :
       {"a high resolution video", "Größe und Schärfe, déjà vu", "東京の夜景", "Привет, как дела?",
        "SÃO PAULO, CAFÉ®, ÎLE", "AT&T, fish & chips; 5 < 6"})
    BOOST_TEST(cleaned_prompt(text) == text);
  BOOST_TEST(cleaned_prompt("  a \t b\u00a0\n") == "a b");
  BOOST_TEST(cleaned_prompt("a&nbsp;b &lt;c&gt; &ampquot;") == "a b <c> \"");
  BOOST_CHECK_THROW(cleaned_prompt("\xff"), IoError);
}

BOOST_AUTO_TEST_SUITE_END()
