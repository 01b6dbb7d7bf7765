#include "priors/nn/torch_legacy.hpp"

#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/rng.hpp"
#include "torch_stream.hpp"

BOOST_AUTO_TEST_SUITE(torch_legacy)

using namespace lvtino;
using namespace lvtino::torch_stream;

namespace {

std::vector<NamedTensor> some_tensors() {
  const Tensor a = Rng(1).normal({2, 3, 4}, {});
  return {{"a", a},
          {"b.weight", a.to(at::kDouble)},
          {"c", a.to(at::kHalf)},
          {"d", a.to(at::kBFloat16)},
          {"e", at::arange(-2, 3, at::kLong)},
          {"f", at::full({}, 7, at::kFloat)},
          {"g", at::empty({0, 3}, at::kFloat)}};
}

/// What the reader says of a file: "" if it takes it.
std::string refusal(const std::string& bytes) {
  try {
    parse_torch_legacy(bytes, "file.pth");
  } catch (const IoError& failure) {
    return failure.what();
  }
  return "";
}

bool refused(const std::string& bytes, const std::string& why) {
  const std::string message = refusal(bytes);
  const bool found = message.find("file.pth") != message.npos && message.find(why) != message.npos;
  if (!found) BOOST_TEST_MESSAGE("got: " << message);
  return found;
}

/// A file whose dictionary holds one entry, and that has one storage "0" of four floats.
std::string with_entry(const std::string& value) {
  return head() + pickle(kDictionary + unicode("x") + value + "s") +
         pickle("]" + unicode("0") + "a") + storage_data(at::arange(4, at::kFloat));
}

const std::string kFour = storage_id("FloatStorage", "0", 4);

}  // namespace

BOOST_AUTO_TEST_CASE(tensors_come_back) {
  for (const bool second : {true, false}) {
    const auto expected = some_tensors();
    const auto found = parse_torch_legacy(file(expected, second), "file.pth");
    BOOST_REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      BOOST_TEST(found[i].name == expected[i].name);
      BOOST_TEST((found[i].tensor.scalar_type() == expected[i].tensor.scalar_type()));
      BOOST_TEST(at::equal(found[i].tensor, expected[i].tensor));
    }
  }
}

// As torch writes them: views of one storage, the memo, and state beside the dictionary.
BOOST_AUTO_TEST_CASE(views_share_their_storage) {
  const std::string views = "(" + unicode("t") + tensor(kFour + "q\x01", 0, {2, 2}, {1, 2}) +
                            unicode("u") + tensor("h\x01", 1, {3}, {1}) + "u";
  const std::string state = "}" + unicode("_metadata") + kDictionary + "sb";
  const auto found = parse_torch_legacy(head() + pickle(kDictionary + views + state) +
                                            pickle("]" + unicode("0") + "a") +
                                            storage_data(at::arange(4, at::kFloat)),
                                        "file.pth");
  BOOST_REQUIRE(found.size() == 2u);
  BOOST_TEST(at::equal(found[0].tensor, at::tensor({0.f, 2.f, 1.f, 3.f}).view({2, 2})));
  BOOST_TEST(at::equal(found[1].tensor, at::tensor({1.f, 2.f, 3.f})));
  BOOST_TEST((found[0].tensor.storage().data() == found[1].tensor.storage().data()));
}

BOOST_AUTO_TEST_CASE(nothing_is_executed) {
  const auto called = [](const std::string& module, const std::string& name) {
    return with_entry(global(module, name) + "(" + unicode("echo") + "tR");
  };
  BOOST_TEST(refused(called("os", "system"), "os system"));
  BOOST_TEST(refused(called("builtins", "eval"), "builtins eval"));
  BOOST_TEST(refused(called("torch", "ComplexFloatStorage"), "torch ComplexFloatStorage"));
  BOOST_TEST(refused(called("torch", "FloatStorage"), "expected a tensor's storage"));
  BOOST_TEST(refused(called("collections", "OrderedDict"), "without entries"));
  // The other ways in which a pickle makes objects: INST, OBJ, NEWOBJ, EXT1.
  for (const char opcode : {'i', 'o', '\x81', '\x82'})
    BOOST_TEST(refused(with_entry(std::string(1, opcode)), "not allowed"));
}

BOOST_AUTO_TEST_CASE(other_formats_are_named) {
  BOOST_TEST(refused(std::string("PK\x03\x04", 4) + head(), "zip"));
  BOOST_TEST(refused("", "empty"));
  BOOST_TEST(refused("{\"a\": 1}", "pickle"));
  BOOST_TEST(refused(pickle("K\x01"), "magic"));
  BOOST_TEST(refused(file(some_tensors()) + "x", "1 bytes too many"));
  BOOST_CHECK_THROW(read_torch_legacy("/nowhere/file.pth"), IoError);
}

BOOST_AUTO_TEST_CASE(tensors_stay_in_their_storage) {
  const auto entry = [](std::int64_t offset, const Shape& sizes, const Shape& strides) {
    return with_entry(tensor(kFour, offset, sizes, strides));
  };
  const std::int64_t huge = std::int64_t(1) << 62;
  BOOST_TEST(refusal(entry(0, {2, 2}, {2, 1})) == "");
  BOOST_TEST(refusal(entry(4, {0}, {1})) == "");
  const std::string why = "does not fit its storage";
  BOOST_TEST(refused(entry(0, {5}, {1}), why));
  BOOST_TEST(refused(entry(1, {4}, {1}), why));
  BOOST_TEST(refused(entry(-1, {2}, {1}), why));
  BOOST_TEST(refused(entry(0, {2}, {4}), why));
  BOOST_TEST(refused(entry(0, {huge}, {0}), why));  // would be 2^62 numbers once copied
  BOOST_TEST(refused(entry(0, {huge, huge}, {1, 1}), why));
  BOOST_TEST(refused(entry(0, {huge, huge, 0}, {1, 1, 1}), why));
  BOOST_TEST(refused(entry(0, {2, 2}, {huge, huge}), why));
  BOOST_TEST(refused(entry(0, {2, 2}, {1}), why));
  BOOST_TEST(refused(entry(0, {-1}, {1}), "sizes and strides"));
  BOOST_TEST(refused(entry(0, Shape(17, 1), Shape(17, 1)), "at most 16"));
}

BOOST_AUTO_TEST_CASE(storages_are_what_was_said) {
  const auto ends = [](const std::string& id, const std::string& keys, const std::string& data) {
    return head() + pickle(kDictionary + unicode("x") + tensor(id, 0, {4}, {1}) + "s") +
           pickle(keys) + data;
  };
  const std::string keys = "]" + unicode("0") + "a", data = storage_data(at::arange(4, at::kFloat));
  BOOST_TEST(refusal(ends(kFour, keys, data)) == "");
  BOOST_TEST(refused(ends(kFour, "]", data), "expected 1 storages"));
  BOOST_TEST(refused(ends(kFour, "](" + unicode("0") + unicode("0") + "e", data + data), "twice"));
  BOOST_TEST(refused(ends(kFour, "]" + unicode("1") + "a", data), "no tensor has"));
  BOOST_TEST(refused(ends(storage_id("FloatStorage", "0", 5), keys, data), "got 4"));
  // Nothing is allocated for a length that the file does not hold.
  const std::int64_t huge = std::int64_t(1) << 60;
  BOOST_TEST(refused(
      ends(storage_id("FloatStorage", "0", huge), keys, bytes_of(std::uint64_t(huge), 8) + "abcd"),
      "ends within"));
  BOOST_TEST(refused(ends(storage_id("FloatStorage", "0", -1), keys, data), "-1"));
}

// Whatever is cut off or turned over: an IoError or other numbers, never a crash. (The sanitizers'
// build runs this too.)
BOOST_AUTO_TEST_CASE(truncations) {
  const std::string whole = file(some_tensors());
  for (std::size_t length = 0; length < whole.size(); ++length)
    BOOST_TEST(refusal(whole.substr(0, length)) != "", "a file of " << length << " bytes passed");
}

BOOST_AUTO_TEST_CASE(bit_flips_and_noise) {
  const std::string whole = file(some_tensors());
  std::size_t refusals = 0;
  for (std::size_t i = 0; i < whole.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = whole;
      damaged[i] = char(damaged[i] ^ (1 << bit));
      refusals += !refusal(damaged).empty();
    }
  BOOST_TEST(refusals > 2 * whole.size());
  const Rng rng(2);
  for (std::uint64_t k = 0; k < 5000; ++k) {
    std::string damaged = whole;
    for (std::uint64_t j = 0; j < 1 + k % 8; ++j)
      damaged[std::size_t(
          rng.fork("place", std::int64_t(k)).below(std::int64_t(whole.size()), j))] =
          char(rng.fork("byte", std::int64_t(k)).below(256, j));
    refusals += !refusal(damaged).empty();
  }
  BOOST_TEST(refusals > 2 * whole.size() + 2500);
}

BOOST_AUTO_TEST_SUITE_END()
