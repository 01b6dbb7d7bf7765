#include "priors/text/sentencepiece_model.hpp"

#include <boost/test/unit_test.hpp>
#include <cstring>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "priors/text/unigram_tokenizer.hpp"

BOOST_AUTO_TEST_SUITE(sentencepiece_model)

using namespace lvtino;

namespace {

const std::string kFolder = LVTINO_SOURCE_DIR "/tests/parity/networks/tokenizers/";

std::string varint(std::uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += char(0x80 | (value & 0x7F));
  return out + char(value);
}
std::string integer(int field, std::uint64_t value) { return varint(field << 3) + varint(value); }
std::string bytes(int field, const std::string& value) {
  return varint(field << 3 | 2) + varint(value.size()) + value;
}
std::string real(int field, float value) {
  std::string out(4, '\0');
  std::memcpy(out.data(), &value, 4);
  return varint(field << 3 | 5) + out;
}
std::string piece(const std::string& text, float score, int type) {
  return bytes(1, bytes(1, text) + real(2, score) + integer(3, std::uint64_t(type)));
}

const std::string kUnknown = piece("<unk>", 0, 2);

std::string refusal(const std::string& file) {
  try {
    parse_sentencepiece_model(file, "f");
  } catch (const IoError& error) {
    return error.what();
  }
  return "";
}

bool refused(const std::string& file, const std::string& why) {
  const std::string said = refusal(file);
  BOOST_TEST_MESSAGE(said);
  return said.rfind("f: not a SentencePiece model: ", 0) == 0 &&
         said.find(why) != std::string::npos;
}

/// The message of a tokenizer whose character table is that.
std::string table_refusal(const std::string& charsmap) {
  SentencePieceModel model = parse_sentencepiece_model(kUnknown, "f");
  model.charsmap = charsmap;
  try {
    SentencePieceNormaliser(model, "f");
  } catch (const IoError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

BOOST_AUTO_TEST_CASE(reads_what_the_library_wrote) {
  const SentencePieceModel model = read_sentencepiece_model(kFolder + "nmt_nfkc.model");
  BOOST_TEST(model.pieces.size() == 196u);
  BOOST_TEST(model.pieces[1].text == "</s>");
  BOOST_CHECK(model.pieces[3].type == SentencePieceModel::Type::unknown);
  BOOST_CHECK(model.pieces[4].type == SentencePieceModel::Type::user_defined);
  BOOST_TEST(model.normaliser == "nmt_nfkc");
  BOOST_TEST(model.charsmap.size() > 200000u);
  BOOST_TEST(!model.byte_fallback);
  const SentencePieceModel fallback = read_sentencepiece_model(kFolder + "bytes.model");
  BOOST_TEST(fallback.byte_fallback);
  BOOST_TEST(!fallback.remove_extra_whitespaces);
  BOOST_TEST(fallback.charsmap.empty());
}

BOOST_AUTO_TEST_CASE(reads_fields_and_passes_over_unknown_ones) {
  const SentencePieceModel model = parse_sentencepiece_model(
      kUnknown + piece("a", -1.5, 1) + bytes(2, integer(3, 1) + bytes(47, "END") + real(99, 2)) +
          bytes(3, bytes(1, "n") + integer(3, 0) + integer(5, 0)) + bytes(9, "what") +
          integer(8, 7),
      "f");
  BOOST_TEST(model.pieces.size() == 2u);
  BOOST_TEST(model.pieces[1].score == -1.5f);
  BOOST_TEST(model.end_piece == "END");
  BOOST_TEST(!model.add_dummy_prefix);
  BOOST_TEST(model.remove_extra_whitespaces);
  BOOST_TEST(!model.escape_whitespaces);
}

BOOST_AUTO_TEST_CASE(bad_files_are_refused) {
  BOOST_TEST(refusal(kUnknown) == "");
  BOOST_TEST(refused("", "expected one unknown piece, got 0"));
  BOOST_TEST(refused(kUnknown + kUnknown, "is there twice"));
  BOOST_TEST(refused(kUnknown + piece("?", 0, 2), "expected one unknown piece, got 2"));
  BOOST_TEST(refused("\x0a\x05z", "a length of 5 where 1 bytes are left at byte 2"));
  BOOST_TEST(refused(std::string("\x0a") + varint(~0ull), "a length of 18446744073709551615"));
  BOOST_TEST(refused("\x0a", "a length of 1 where 0 bytes are left"));
  BOOST_TEST(refused(std::string(11, '\xff'), "an integer of more than ten bytes"));
  BOOST_TEST(refused(std::string(2, '\0'), "field 0"));
  BOOST_TEST(refused("\x0b", "wire type 3"));
  BOOST_TEST(refused(integer(1, 3), "field 1 has wire type 0, not 2"));
  BOOST_TEST(refused(kUnknown + bytes(1, integer(1, 3)), "wire type 0, not 2"));
  BOOST_TEST(refused(kUnknown + piece("", 0, 1), "a piece without text"));
  BOOST_TEST(refused(kUnknown + piece("a", NAN, 1), "a score that is not finite"));
  BOOST_TEST(refused(kUnknown + piece("a", 0, 7), "a piece of type 7"));
  BOOST_TEST(
      refused(kUnknown + bytes(2, integer(3, 2)), "expected a unigram model (1), got kind 2"));
  BOOST_TEST(refused(kUnknown + bytes(2, integer(35, 1)), "expected 256 byte pieces, got 0"));
}

// Every cut of a model is refused or read, and none reads beyond its end.
BOOST_AUTO_TEST_CASE(cut_files_are_refused_or_read) {
  const std::string whole = read_file(kFolder + "identity.model");
  for (std::size_t n = 0; n < whole.size(); n += 7) refusal(whole.substr(0, n));
  BOOST_TEST(refusal(whole.substr(0, whole.size() / 2 + 1)) != "");
}

BOOST_AUTO_TEST_CASE(bad_character_tables_are_refused) {
  const auto sized = [](std::uint32_t size, const std::string& rest) {
    std::string out(4, '\0');
    std::memcpy(out.data(), &size, 4);
    return out + rest;
  };
  const std::string two(8, '\xff');
  BOOST_TEST(table_refusal("") == "");
  BOOST_TEST(table_refusal(sized(8, two + std::string("a\0", 2))) == "");
  for (const std::string& bad :
       {std::string("abc"), sized(0, two), sized(6, two), sized(12, two), sized(0xFFFFFFFC, two)})
    BOOST_TEST(table_refusal(bad).find("a trie of") != std::string::npos);
  BOOST_TEST(table_refusal(sized(8, two)).find("do not end with a 0") != std::string::npos);
  BOOST_TEST(table_refusal(sized(8, two + "a")).find("do not end with a 0") != std::string::npos);
}

// Children further away than 2^21 units have their offset in steps of 2^8, which no small table
// needs.
BOOST_AUTO_TEST_CASE(a_large_table_has_far_children) {
  constexpr std::uint32_t far = 1 << 21;
  std::vector<std::uint32_t> units(far + 1024);
  units[0] = (far >> 8) << 10 | 0x200;
  units[far ^ 'a'] = 0x100 << 10 | 0x100 | 'a';
  units[far ^ 'a' ^ 0x100] = 0x80000000;  // text 0
  const auto size = std::uint32_t(4 * units.size());
  SentencePieceModel model = parse_sentencepiece_model(kUnknown, "f");
  model.add_dummy_prefix = false;
  model.charsmap.assign(reinterpret_cast<const char*>(&size), 4);
  model.charsmap.append(reinterpret_cast<const char*>(units.data()), size);
  model.charsmap.append("xyz\0", 4);
  BOOST_TEST(SentencePieceNormaliser(model, "f")("aba") == "xyzbxyz");
}

// A trie of nonsense leads nowhere, but not out of the array.
BOOST_AUTO_TEST_CASE(a_table_of_nonsense_is_harmless) {
  SentencePieceModel model = parse_sentencepiece_model(kUnknown, "f");
  const std::uint32_t size = 1024;
  for (std::uint32_t seed = 1; seed < 200; ++seed) {
    std::string table(4, '\0');
    std::memcpy(table.data(), &size, 4);
    std::uint32_t state = seed;
    for (std::uint32_t i = 0; i < size; ++i)
      table += char((state = state * 1664525 + 1013904223) >> 24);
    model.charsmap = table + std::string("x\0", 2);
    const SentencePieceNormaliser normaliser(model, "f");
    for (int c = 1; c < 128; ++c) BOOST_TEST(normaliser(std::string(40, char(c))).size() < 1000u);
  }
}

BOOST_AUTO_TEST_SUITE_END()
