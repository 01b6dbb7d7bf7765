#include "priors/nn/safetensors.hpp"

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <filesystem>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/core/rng.hpp"

BOOST_AUTO_TEST_SUITE(safetensors)

using namespace lvtino;
using namespace lvtino::nn;

namespace {

const std::string kPath =
    (std::filesystem::temp_directory_path() / "lvtino_safetensors_test.safetensors").string();

std::string file_of(const std::string& header, std::size_t data) {
  std::string bytes(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + std::string(data, '\1');
}

std::string refusal(const std::string& bytes) {
  try {
    parse_safetensors(bytes, "file");
  } catch (const IoError& failure) {
    return failure.what();
  }
  return "";
}

bool refused(const std::string& bytes, const std::string& reason) {
  const std::string said = refusal(bytes);
  BOOST_TEST_MESSAGE(said);
  return said.rfind("file: ", 0) == 0 && said.find(reason) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  SafetensorsFile file{.metadata = {{"format", "test"}, {"quote", "a \"b\"\n"}}};
  const Rng rng(1);
  file.tensors["plain"] = rng.normal({2, 3}, {});
  file.tensors["half"] = rng.normal({5}, {}).to(at::kBFloat16);
  file.tensors["strided"] = rng.normal({4, 6}, {at::kDouble}).t();
  file.tensors["whole"] = at::arange(7, at::kLong);
  file.tensors["scalar"] = at::full({}, 2.5, at::kHalf);
  file.tensors["empty"] = at::empty({0, 3}, at::kFloat);
  write_safetensors(kPath, file);
  const SafetensorsFile again = read_safetensors(kPath);
  BOOST_TEST((again.metadata == file.metadata));
  BOOST_TEST(again.tensors.size() == file.tensors.size());
  for (const auto& [name, value] : file.tensors) {
    BOOST_TEST(again.tensors.at(name).scalar_type() == value.scalar_type());
    BOOST_TEST(at::equal(again.tensors.at(name), value));
  }
  const std::string bytes = read_file(kPath);
  write_safetensors(kPath, again);
  BOOST_TEST((read_file(kPath) == bytes));
}

BOOST_AUTO_TEST_CASE(a_file_by_hand) {
  const std::string header = R"({"a":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]}}   )";
  const auto file = parse_safetensors(file_of(header, 4), "file");
  BOOST_TEST(at::equal(file.tensors.at("a"), at::ones({2, 2}, at::kByte)));
}

BOOST_AUTO_TEST_CASE(hostile_headers_are_refused) {
  BOOST_TEST(refused("abc", "3 bytes"));
  BOOST_TEST(refused(std::string(8, '\xff'), "a header of"));
  BOOST_TEST(refused(file_of("[]", 0), "not a JSON object"));
  BOOST_TEST(refused(file_of("{\"a\":", 0), "not JSON"));
  const auto entry = [](const std::string& dtype, const std::string& shape,
                        const std::string& offsets) {
    return "{\"a\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
           ",\"data_offsets\":" + offsets + "}}";
  };
  BOOST_TEST(refused(file_of(entry("F8_E8M0", "[1]", "[0,1]"), 1), "dtype \"F8_E8M0\""));
  BOOST_TEST(refused(file_of(entry("U8", "[-1]", "[0,1]"), 1), "whole number"));
  BOOST_TEST(refused(file_of(entry("U8", "[1.5]", "[0,1]"), 1), "whole number"));
  BOOST_TEST(refused(file_of(entry("U8", "[3]", "[0,2]"), 2), "takes 3 bytes"));
  BOOST_TEST(refused(file_of(entry("U8", "[2]", "[0,9]"), 2), "to end within 2"));
  BOOST_TEST(refused(file_of(entry("U8", "[2]", "[1,3]"), 3), "expected to start at 0"));
  BOOST_TEST(refused(file_of(entry("U8", "[2]", "[0,2]"), 3), "end at 2 of 3"));
  BOOST_TEST(
      refused(file_of(entry("U8", "[1099511627776,1099511627776,1099511627776]", "[0,2]"), 2),
              "tensor \"a\""));
  BOOST_TEST(refused(file_of(entry("U8", "[1,1,1,1,1,1,1,1,1]", "[0,1]"), 1), "at most 8"));
  BOOST_TEST(refused(
      file_of(
          R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
          2),
      "twice"));
  BOOST_TEST(refused(file_of(R"({"__metadata__":{"x":1}})", 0), "not a string"));
}

BOOST_AUTO_TEST_CASE(every_truncation_is_refused) {
  write_safetensors(kPath, {.tensors = {{"a", at::ones({3})}, {"b", at::ones({2, 2})}}});
  const std::string bytes = read_file(kPath);
  for (std::size_t length = 0; length < bytes.size(); ++length)
    BOOST_TEST(!refusal(bytes.substr(0, length)).empty());
}

BOOST_AUTO_TEST_SUITE_END()
