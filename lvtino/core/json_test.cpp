#include "lvtino/core/json.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"

BOOST_AUTO_TEST_SUITE(json)

using namespace lvtino;

namespace {

std::string message_of(const std::string& document) {
  try {
    parse_json(document, "spec.json");
  } catch (const SpecError& failure) {
    return failure.what();
  }
  return "accepted";
}

bool mentions(const std::string& message, const std::string& part) {
  return message.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(keeps_the_order_of_keys) {
  BOOST_TEST(parse_json(R"({"b": 1, "a": [2, {"z": 3, "c": 4}]})", "x").dump() ==
             R"({"b":1,"a":[2,{"z":3,"c":4}]})");
}

BOOST_AUTO_TEST_CASE(syntax_errors_say_where) {
  const std::string message = message_of("{\n  \"a\": 1,\n  \"b\" 2\n}");
  BOOST_TEST(mentions(message, "spec.json"), message);
  BOOST_TEST(mentions(message, "line 3"), message);
  for (const char* document :
       {"", "{", "[1,]", "{'a': 1}", "nul", "1 2", "{\"a\": 01}", "\"\xff\""})
    BOOST_TEST(message_of(document) != "accepted", document);
}

BOOST_AUTO_TEST_CASE(duplicate_keys) {
  const std::string message = message_of(R"({"a": {"b": 1, "c": 2, "b": 3}})");
  BOOST_TEST(mentions(message, "\"b\" stands twice"), message);
  BOOST_TEST(message_of(R"({"a": {"b": 1}, "c": {"b": 1}, "b": [{"b": 1}, {"b": 2}]})") ==
             "accepted");
}

BOOST_AUTO_TEST_CASE(depth) {
  const auto nested = [](int levels) {
    return std::string(std::size_t(levels), '[') + std::string(std::size_t(levels), ']');
  };
  BOOST_TEST(message_of(nested(60)) == "accepted");
  BOOST_TEST(mentions(message_of(nested(70)), "nested deeper"));
  BOOST_TEST(mentions(message_of(std::string(100000, '[')), "nested deeper"));
}

BOOST_AUTO_TEST_CASE(files) {
  const std::string path =
      (std::filesystem::temp_directory_path() / "lvtino_json_test.json").string();
  write_file(path, "{\"a\": 1}");
  BOOST_TEST(read_json_file(path)["a"] == 1);
  write_file(path, "{");
  BOOST_CHECK_THROW(read_json_file(path), SpecError);
  std::filesystem::remove(path);
  BOOST_CHECK_THROW(read_json_file(path), IoError);
}

BOOST_AUTO_TEST_SUITE_END()
