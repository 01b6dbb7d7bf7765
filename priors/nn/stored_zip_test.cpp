#include "priors/nn/stored_zip.hpp"

#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"
#include "torch_archive.hpp"

BOOST_AUTO_TEST_SUITE(stored_zip)

using namespace lvtino;
using namespace lvtino::torch_archive;

namespace {

std::vector<Entry> two() { return {{"a/first", "hello"}, {"a/second", std::string(300, 'x')}}; }

std::string refusal(const std::string& bytes) {
  try {
    StoredZip(bytes, "file.zip");
  } catch (const IoError& failure) {
    return failure.what();
  }
  return "";
}

bool refused(const std::string& bytes, const std::string& why) {
  const std::string message = refusal(bytes);
  const bool found = message.rfind("file.zip: ", 0) == 0 && message.find(why) != message.npos;
  if (!found) BOOST_TEST_MESSAGE("got: " << message);
  return found;
}

}  // namespace

BOOST_AUTO_TEST_CASE(check_sum_of_the_standard) {
  BOOST_TEST(crc32("123456789") == 0xcbf43926u);  // the check value of CRC-32/ISO-HDLC
  BOOST_TEST(crc32("") == 0u);
}

BOOST_AUTO_TEST_CASE(entries_are_found) {
  for (const bool wide : {false, true}) {
    const std::string bytes = zip(two(), {.wide = wide});
    const StoredZip archive(bytes, "file.zip");
    BOOST_TEST(archive.entries().size() == 2u);
    BOOST_TEST(archive.entry("a/first").content == "hello");
    BOOST_TEST(archive.checked("a/second") == std::string(300, 'x'));
    BOOST_CHECK_THROW(archive.entry("b"), IoError);
    const StoredZip commented(bytes.substr(0, bytes.size() - 2) + bytes_of(3, 2) + "abc", "x");
    BOOST_TEST(commented.entries().size() == 2u);
  }
  BOOST_TEST(StoredZip(zip({}), "empty").entries().empty());
}

BOOST_AUTO_TEST_CASE(damage_of_the_content_is_found_where_it_is_checked) {
  std::string bytes = zip(two());
  bytes[bytes.find("hello")] = 'j';
  const StoredZip archive(bytes, "file.zip");
  BOOST_CHECK_EXCEPTION(archive.checked("a/first"), IoError, [](const IoError& error) {
    return std::string(error.what()).find("a/first is damaged") != std::string::npos;
  });
}

BOOST_AUTO_TEST_CASE(archives_of_another_kind_are_refused) {
  auto entries = two();
  entries[1].method = 8;
  BOOST_TEST(refused(zip(entries), "a/second is compressed"));
  entries = two();
  entries[0].flags = 1;
  BOOST_TEST(refused(zip(entries), "a/first is encrypted"));
  entries = two();
  entries[1].name = entries[1].local_name = "a/first";
  BOOST_TEST(refused(zip(entries), "a/first comes twice"));
  BOOST_TEST(refused("", "too short"));
  BOOST_TEST(refused(std::string(100, 'x'), "no end record"));
}

// What a header claims is held against the bytes that are there.
BOOST_AUTO_TEST_CASE(lies_are_refused) {
  const std::int64_t huge = std::int64_t(1) << 62;
  for (const bool wide : {false, true}) {
    BOOST_TEST(refused(zip(two(), {.wide = wide, .count = 60000}), "cannot hold"));
    BOOST_TEST(refused(zip(two(), {.wide = wide, .count = 1}), "central directory ends at"));
    BOOST_TEST(refused(zip(two(), {.wide = wide, .size = 1 << 20}), "does not fit"));
    BOOST_TEST(refused(zip(two(), {.wide = wide, .begin = 1 << 20}), "does not fit"));
    BOOST_TEST(refused(zip(two(), {.wide = wide, .begin = 3}), "central directory"));
    auto entries = two();
    entries[1].size = 1 << 20;
    BOOST_TEST(refused(zip(entries, {.wide = wide}), "a/second reaches beyond"));
    entries = two();
    entries[1].offset = 1 << 20;
    BOOST_TEST(refused(zip(entries, {.wide = wide}), "within the header of a/second"));
    entries = two();
    entries[1].offset = 2;
    BOOST_TEST(refused(zip(entries, {.wide = wide}), "expected the header of a/second"));
    entries = two();
    entries[1].local_name = "a/other!";
    BOOST_TEST(refused(zip(entries, {.wide = wide}), "bears another name"));
    entries = two();
    entries[0].size += 20;  // into the header of the second
    BOOST_TEST(refused(zip(entries, {.wide = wide}), "share bytes"));
  }
  BOOST_TEST(refused(zip(two(), {.wide = true, .count = huge}), "cannot hold"));
  BOOST_TEST(refused(zip(two(), {.wide = true, .size = huge}), "does not fit"));
  auto entries = two();
  entries[0].size = std::uint64_t(huge);
  BOOST_TEST(refused(zip(entries, {.wide = true}), "reaches beyond"));
  entries = two();
  entries[0].size = 0xffffffff;
  BOOST_TEST(refused(zip(entries), "lacks its 64-bit sizes"));
  entries[0].extra = bytes_of(1, 2) + bytes_of(4, 2) + "abcd";
  BOOST_TEST(refused(zip(entries), "lacks its 64-bit sizes"));
}

BOOST_AUTO_TEST_CASE(every_truncation_is_refused) {
  for (const bool wide : {false, true}) {
    const std::string bytes = zip(two(), {.wide = wide});
    for (std::size_t length = 0; length < bytes.size(); ++length)
      BOOST_TEST(!refusal(bytes.substr(0, length)).empty(), length << " bytes passed");
  }
}

BOOST_AUTO_TEST_SUITE_END()
