#include "priors/nn/checkpoint.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "torch_archive.hpp"

BOOST_AUTO_TEST_SUITE(checkpoint)

using namespace lvtino;
using namespace lvtino::nn;
using namespace lvtino::torch_stream;
namespace archive = lvtino::torch_archive;

namespace {

namespace fs = std::filesystem;

const std::string kCorpus = LVTINO_SOURCE_DIR "/tests/fuzz/corpus/";

/// A folder of this test, gone with it.
struct Folder {
  fs::path path = fs::temp_directory_path() / "lvtino_checkpoint_test";
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  std::string write(const std::string& name, const std::string& bytes) const {
    // Not write_file, which waits for the disk.
    std::ofstream(path / name, std::ios::binary) << bytes;
    return (path / name).string();
  }
};

std::string refusal(const std::string& path, const std::string& key = "") {
  try {
    open_checkpoint(path, key);
  } catch (const IoError& failure) {
    return failure.what();
  }
  return "";
}

bool refused(const std::string& bytes, const std::string& why, const std::string& name = "w.pt") {
  const Folder folder;
  const std::string message = refusal(folder.write(name, bytes));
  const bool found = message.find(name) != message.npos && message.find(why) != message.npos;
  if (!found) BOOST_TEST_MESSAGE("got: " << message);
  return found;
}

/// The state of tests/fuzz/make_weight_files.py, whose files torch and safetensors wrote.
void check_state(const NamedTensors& found, const std::string& prefix) {
  const Tensor a = at::arange(12, at::kFloat).view({3, 4});
  const NamedTensors expected = {{"a.weight", a},
                                 {"a.transposed", a.t()},
                                 {"a.rows", a.slice(0, 1)},
                                 {"parameter", a[0]},
                                 {"half", a.to(at::kHalf)},
                                 {"bfloat", a.to(at::kBFloat16)},
                                 {"double", a.to(at::kDouble)},
                                 {"long", at::arange(-2, 3, at::kLong)},
                                 {"int", at::arange(3, at::kInt)},
                                 {"bool", at::tensor({1, 0}).to(at::kBool)},
                                 {"byte", at::arange(4, at::kByte)},
                                 {"scalar", at::full({}, 2.5, at::kFloat)},
                                 {"empty", at::empty({0, 3}, at::kFloat)}};
  for (const auto& [name, tensor] : expected) {
    BOOST_TEST_CONTEXT(prefix + name) {
      BOOST_REQUIRE(found.count(prefix + name));
      const Tensor got = found.at(prefix + name);
      BOOST_TEST(got.scalar_type() == tensor.scalar_type());
      BOOST_TEST(at::equal(got, tensor));
    }
  }
}

/// An archive with one entry "x", of one storage of four floats.
std::string with_entry(const std::string& value) {
  return archive::checkpoint(kDictionary + unicode("x") + value + "s", {std::string(16, '\0')});
}

const std::string kFour = storage_id("FloatStorage", "0", 4);

}  // namespace

BOOST_AUTO_TEST_CASE(files_that_torch_wrote) {
  for (const auto& [name, container] :
       std::map<std::string, std::string>{{"checkpoint/state.pt", "torch zip"},
                                          {"legacy/state.pth", "torch stream"},
                                          {"safetensors/state.safetensors", "safetensors"}}) {
    const Checkpoint found = open_checkpoint(kCorpus + name);
    BOOST_TEST(found.container == container);
    BOOST_TEST(found.tensors.size() == 13u);
    BOOST_TEST(found.others.empty());
    check_state(found.tensors, "");
    const std::map<std::string, std::int64_t> dtypes = {{"BF16", 1}, {"BOOL", 1}, {"F16", 1},
                                                        {"F32", 6},  {"F64", 1},  {"I32", 1},
                                                        {"I64", 1},  {"U8", 1}};
    BOOST_CHECK(dtype_counts(found.tensors) == dtypes);
    BOOST_TEST(parameter_count(list_of(found.tensors)) == 12 * 5 + 8 + 4 + 5 + 3 + 2 + 4 + 1);
  }
}

BOOST_AUTO_TEST_CASE(dictionaries_in_dictionaries) {
  for (const std::string name : {"checkpoint/nested.pt", "legacy/nested.pth"}) {
    const Checkpoint whole = open_checkpoint(kCorpus + name);
    BOOST_TEST(whole.tensors.size() == 14u);
    check_state(whole.tensors, "generator.model.");
    BOOST_TEST(at::equal(whole.tensors.at("critic.bias"), at::ones({2})));
    BOOST_TEST((whole.others == std::vector<std::string>{"step", "note", "losses"}));
    const Checkpoint part = open_checkpoint(kCorpus + name, "generator");
    BOOST_TEST(part.tensors.size() == 13u);
    BOOST_TEST(part.others.empty());
    check_state(part.tensors, "model.");
    check_state(open_checkpoint(kCorpus + name, "generator.model").tensors, "");
    BOOST_TEST(refusal(kCorpus + name, "generat").find("there are keys: critic generator") !=
               std::string::npos);
  }
}

// Nothing is read before it is looked at, and views of one storage share it.
BOOST_AUTO_TEST_CASE(tensors_are_views_of_the_file) {
  const auto tensors = open_checkpoint(kCorpus + "checkpoint/state.pt").tensors;
  const auto address = [&](const char* name) {
    return reinterpret_cast<std::uintptr_t>(tensors.at(name).const_data_ptr());
  };
  BOOST_TEST(address("a.rows") == address("a.weight") + 16);
  BOOST_TEST(address("a.transposed") == address("a.weight"));
  BOOST_TEST(address("half") % 64 == 0u);  // torch aligns to 64 bytes, and a file to a page
}

BOOST_AUTO_TEST_CASE(misaligned_numbers_are_copied) {
  const Tensor numbers = at::arange(3, at::kFloat);
  const std::string data(static_cast<const char*>(numbers.const_data_ptr()), 12);
  for (int shift = 0; shift < 4; ++shift) {
    const std::string header = R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}})" +
                               std::string(std::size_t(shift), ' ');
    const Folder folder;
    const auto tensors =
        open_checkpoint(folder.write("w.safetensors", bytes_of(header.size(), 8) + header + data))
            .tensors;
    BOOST_TEST(at::equal(tensors.at("a"), numbers));
    BOOST_TEST(reinterpret_cast<std::uintptr_t>(tensors.at("a").const_data_ptr()) % 4 == 0u);
  }
}

BOOST_AUTO_TEST_CASE(eight_bit_floats) {
  const auto tensors = open_checkpoint(kCorpus + "safetensors/float8.safetensors").tensors;
  BOOST_TEST(at::equal(tensors.at("x").to(at::kFloat), at::ones({3})));
  BOOST_TEST(at::equal(tensors.at("y").to(at::kFloat), at::ones({2})));
}

BOOST_AUTO_TEST_CASE(shards) {
  const Checkpoint found = open_checkpoint(kCorpus + "safetensors/parts.safetensors.index.json");
  BOOST_TEST(found.container == "safetensors in 2 shards");
  BOOST_TEST(found.tensors.size() == 2u);  // the index does not name c
  BOOST_TEST(at::equal(found.tensors.at("a"), at::ones({2, 2})));
  BOOST_TEST(at::equal(found.tensors.at("b"), at::full({3}, 2, at::kFloat)));

  const auto index = [](const std::string& map) {
    return R"({"metadata":{"total_size":4},"weight_map":)" + map + "}";
  };
  const std::string name = "w.safetensors.index.json";
  for (const std::string path : {"/etc/passwd", "../w", "a/b", "..", ".", "", "a\\\\b", "c:x"})
    BOOST_TEST(
        refused(index("{\"a\":\"" + path + "\"}"), "/weight_map/a: expected the name", name));
  BOOST_TEST(refused(index("{\"a\":1}"), "/weight_map/a: expected the name", name));
  BOOST_TEST(refused(index("{\"a\":\"gone\"}"), "the shard of \"a\"", name));
  BOOST_TEST(refused(index("[]"), "weight_map", name));
  BOOST_TEST(refused("[1", "not valid JSON", name));
  const Folder folder;
  write_safetensors((folder.path / "s").string(), {.tensors = {{"a", at::ones({1})}}});
  BOOST_TEST(refusal(folder.write(name, index(R"({"b":"s"})"))).find("has no tensor \"b\"") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(other_files_are_named) {
  BOOST_TEST(refused("", "0 bytes"));
  BOOST_TEST(refused("<html>not found</html>", "expected weights"));
  BOOST_TEST(refused("version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"));
  BOOST_TEST(refused(archive::zip({{"a/b", "c"}}), "no data.pkl"));
  BOOST_TEST(
      refused(archive::checkpoint("}", {}, {{"archive/constants.pkl", "x"}}), "TorchScript"));
  BOOST_TEST(
      refused(archive::checkpoint("}", {}, {{"archive/byteorder", "big"}}), "little-endian"));
  BOOST_TEST(refused(archive::checkpoint("}", {}, {{"b/data.pkl", "x"}}), "two entries"));
  BOOST_TEST(refused(archive::checkpoint("](K\x01K\x02"
                                         "e",
                                         {}),
                     "expected a dictionary"));
  BOOST_CHECK_THROW(open_checkpoint("/nowhere/w.pt"), IoError);
}

BOOST_AUTO_TEST_CASE(nothing_is_executed) {
  const Folder folder;
  const std::string witness = (folder.path / "executed").string();
  const auto called = [&](const std::string& module, const std::string& name) {
    return with_entry(global(module, name) + "(" + unicode("touch " + witness) + "tR");
  };
  BOOST_TEST(refused(called("os", "system"), "os system is not allowed"));
  BOOST_TEST(refused(called("posix", "system"), "posix system is not allowed"));
  BOOST_TEST(refused(called("builtins", "exec"), "builtins exec is not allowed"));
  BOOST_TEST(refused(called("torch", "load"), "torch load is not allowed"));
  BOOST_TEST(refused(called("torch._utils", "_rebuild_parameter"), "expected a tensor"));
  BOOST_TEST(refused(called("torch", "FloatStorage"), "expected a tensor's storage"));
  // INST, OBJ, NEWOBJ, NEWOBJ_EX, EXT1, STACK_GLOBAL: other ways in which a pickle makes objects.
  for (const char opcode : {'i', 'o', '\x81', '\x92', '\x82', '\x93'})
    BOOST_TEST(refused(with_entry(std::string(1, opcode)), "not allowed"));
  BOOST_TEST(!fs::exists(witness));
}

// Small pickles that stand for endless values.
BOOST_AUTO_TEST_CASE(bombs_are_refused) {
  // A dictionary that holds itself.
  BOOST_TEST(
      refused(archive::checkpoint("}q\x01" + unicode("x") + "h\x01s", {}), "hold one another"));
  std::string nested = "}";
  for (int i = 0; i < 20; ++i) nested += unicode("x") + "}";
  BOOST_TEST(refused(archive::checkpoint(nested + std::string(20, 's'), {}), "nested deeper"));
  // Ten levels, each of which holds the one before ten times.
  std::string levels = "}(" + unicode("0") + "}q" + std::string(1, '\0') + unicode("x") + "K\x01s";
  for (int level = 1; level <= 10; ++level) {
    levels += unicode(text(level)) + "}q" + std::string(1, char(level)) + "(";
    for (int i = 0; i < 10; ++i) levels += unicode(text(i)) + "h" + std::string(1, char(level - 1));
    levels += "u";
  }
  BOOST_TEST(refused(archive::checkpoint(levels + "u", {}), "hold one another many times"));
  // A value made again and again.
  const std::string many(std::size_t(17) << 20, 'N');
  BOOST_TEST(refused(archive::checkpoint("](" + many + "e", {}), "more than 16777216 values"));
  // Tuples in tuples: no tensor, and no recursion that would run out of stack.
  const Folder folder;
  const auto deep = folder.write("deep.pt", with_entry(")" + std::string(1000000, '\x85')));
  BOOST_TEST((open_checkpoint(deep).others == std::vector<std::string>{"x"}));
}

BOOST_AUTO_TEST_CASE(tensors_stay_in_their_storage) {
  const auto entry = [](const std::string& id, std::int64_t offset, const Shape& sizes,
                        const Shape& strides) {
    return with_entry(tensor(id, offset, sizes, strides));
  };
  const Folder folder;
  BOOST_TEST(refusal(folder.write("w.pt", entry(kFour, 1, {3}, {1}))) == "");
  BOOST_TEST(refused(entry(kFour, 2, {3}, {1}), "does not fit its storage"));
  BOOST_TEST(refused(entry(kFour, 0, {1000000}, {0}), "does not fit its storage"));
  const std::int64_t huge = std::int64_t(1) << 60;
  BOOST_TEST(refused(entry(storage_id("FloatStorage", "0", 5), 0, {5}, {1}), "has 16 bytes"));
  BOOST_TEST(refused(entry(storage_id("FloatStorage", "0", huge), 0, {huge}, {1}), "has 16 bytes"));
  BOOST_TEST(
      refused(entry(storage_id("FloatStorage", "7", 4), 0, {4}, {1}), "no entry archive/data/7"));
  BOOST_TEST(refused(entry(storage_id("FloatStorage", "../data.pkl", 4), 0, {4}, {1}), "no entry"));
}

BOOST_AUTO_TEST_CASE(names_come_once) {
  const std::string one = tensor(kFour, 0, {4}, {1});
  BOOST_TEST(
      refused(archive::checkpoint(kDictionary + "(" + unicode("x") + one + unicode("x") + one + "u",
                                  {std::string(16, '\0')}),
              "x comes twice"));
}

BOOST_AUTO_TEST_CASE(damage_is_an_error_or_other_numbers) {
  const Folder folder;
  for (const std::string name : {"checkpoint/state.pt", "safetensors/state.safetensors"}) {
    const std::string whole = read_file(kCorpus + name);
    std::size_t refusals = 0;
    for (std::size_t i = 0; i < whole.size(); i += 11) {
      std::string damaged = whole;
      damaged[i] = char(damaged[i] ^ (1 << (i % 8)));
      refusals += !refusal(folder.write("w", damaged)).empty();
      BOOST_TEST(!refusal(folder.write("w", whole.substr(0, i))).empty());
    }
    BOOST_TEST(refusals > whole.size() / 44);
  }
}

BOOST_AUTO_TEST_CASE(listings) {
  const TensorList list = {{"a", {2, 3}}, {"b", {}}};
  // SHA-256 of "a\t2x3\nb\t\n", by another program.
  BOOST_TEST(listing_digest(list) ==
             "499e7c57c1578cd66edfc706e2ec6b5546f731d37e9249de6460541ea0301fbd");
  BOOST_TEST(parameter_count(list) == 7);
}

BOOST_AUTO_TEST_SUITE_END()
