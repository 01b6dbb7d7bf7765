#include "priors/text/bpe_tokenizer.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/json.hpp"

BOOST_AUTO_TEST_SUITE(bpe_tokenizer)

using namespace lvtino;

namespace {

using Ids = std::vector<std::int64_t>;

const std::string kFolder = LVTINO_SOURCE_DIR "/tests/parity/networks/tokenizers/";

BpeTokenizer small() {
  return BpeTokenizer::read(kFolder + "bpe_vocab.json", kFolder + "bpe_merges.txt");
}

std::string refusal(const std::string& vocabulary, const std::string& merges) {
  try {
    BpeTokenizer(vocabulary, "v.json", merges, "m.txt");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_CASE(agrees_with_transformers_on_hostile_texts) {
  const BpeTokenizer tokenizer = small();
  const Json answers = read_json_file(kFolder + "answers.json").at("bpe");
  BOOST_TEST(answers.size() > 40u);
  for (const Json& answer : answers) BOOST_TEST_CONTEXT(answer.at("text").dump()) {
      const std::string text = answer.at("text");
      BOOST_TEST(tokenizer.ids(text) == answer.at("ids").get<Ids>(),
                 boost::test_tools::per_element());
      const Tensor row = tokenizer.rows({text}, tokenizer.end(), 20).ids[0];
      const Ids expected = answer.at("row");
      BOOST_CHECK(at::equal(row, at::tensor(expected, at::kLong)));
    }
}

BOOST_AUTO_TEST_CASE(rows_have_start_end_and_padding) {
  const BpeTokenizer tokenizer = small();
  const Ids words = tokenizer.ids("a high resolution video");
  BOOST_TEST(words.size() == 4u);
  const TokenRows rows = tokenizer.rows({"a high resolution video", ""}, 0, 8);
  Ids first = {tokenizer.start()};
  first.insert(first.end(), words.begin(), words.end());
  for (const std::int64_t id : {tokenizer.end(), std::int64_t(0), std::int64_t(0)})
    first.push_back(id);
  BOOST_CHECK(at::equal(rows.ids[0], at::tensor(first, at::kLong)));
  BOOST_CHECK(rows.counts == Ids({6, 2}));
  BOOST_CHECK(at::equal(tokenizer.rows({"video"}, 0, 2).ids[0],
                        at::tensor(Ids{tokenizer.start(), tokenizer.end()}, at::kLong)));
  BOOST_TEST(tokenizer.rows({"video"}, 0).ids.size(1) == 77);
  BOOST_CHECK_THROW(tokenizer.rows({""}, 0, 1), ShapeError);
  BOOST_CHECK_THROW(tokenizer.ids("\xff"), IoError);
}

BOOST_AUTO_TEST_CASE(the_first_merge_goes_first_and_from_the_left) {
  const BpeTokenizer tokenizer(
      R"({"a":0,"b":1,"b</w>":2,"aa":3,"ab":4,"ab</w>":5,"aab</w>":6,"<|startoftext|>":7,"<|endoftext|>":8})",
      "v", "#version\na a\na b</w>\na ab</w>\na b\n", "m");
  BOOST_CHECK(tokenizer.ids("aaab") == Ids({3, 5}));      // aa ab</w>
  BOOST_CHECK(tokenizer.ids("aaaab") == Ids({3, 3, 2}));  // aa aa b</w>
  BOOST_CHECK(tokenizer.ids("aab") == Ids({3, 2}));       // not a ab</w>
  BOOST_CHECK(tokenizer.ids("aaba") == Ids({3, 1, 8}));   // a</w> is in no vocabulary
}

BOOST_AUTO_TEST_CASE(long_words_are_not_quadratic) {
  const BpeTokenizer tokenizer = small();
  BOOST_TEST(tokenizer.ids(std::string(200000, 'a')).size() > 1000u);
}

BOOST_AUTO_TEST_CASE(bad_files_are_refused) {
  const std::string good = R"({"a":0,"b":1,"ab":2,"<|startoftext|>":3,"<|endoftext|>":4})";
  BOOST_TEST(refusal(good, "#version\na b\n") == "");
  BOOST_TEST(refusal("[]", "").find("v.json") != std::string::npos);
  BOOST_TEST(refusal(R"({"a":0,"b":0})", "") ==
             "v.json: token b: expected an id of its own in 0 .. 1, got 0");
  for (const char* id : {"2", "-1", "1.5", "\"1\"", "null", "1e30", "18446744073709551615"})
    BOOST_TEST(refusal(text(R"({"a":0,"b":)", id, "}"), "").find("token b") != std::string::npos,
               id);
  BOOST_TEST(refusal(R"({"a":0})", "") == "v.json: no token <|startoftext|>");
  BOOST_TEST(refusal(good, "#version\na b c\n") ==
             "m.txt: line 2: expected two tokens, got \"a b c\"");
  BOOST_TEST(refusal(good, "#version\na b\nab\n").find("line 3: expected two tokens") !=
             std::string::npos);
  BOOST_TEST(refusal(good, "#version\na a").find("whose union is one") != std::string::npos);
  BOOST_TEST(refusal(good, "#version\na c").find("tokens of the vocabulary") != std::string::npos);
  BOOST_CHECK_THROW(BpeTokenizer::read("/nowhere", "/nowhere"), IoError);
}

BOOST_AUTO_TEST_SUITE_END()
