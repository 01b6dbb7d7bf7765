#include "operators/spec_array.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "dense.hpp"
#include "lvtino/core/image_file.hpp"
#include "lvtino/core/npy.hpp"
#include "operators/table.hpp"

BOOST_AUTO_TEST_SUITE(spec_array)

using namespace lvtino;

namespace {

const Shape kDomain = {1, 3, 2, 4, 6};

/// A folder with masks and kernels in it.
struct Folder {
  Folder() : path(std::filesystem::temp_directory_path() / text("lvtino_spec_array_", ::getpid())) {
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(const char* name) const { return (path / name).string(); }

  OperatorPtr made(Json spec, Json* resolved = nullptr) const {
    const SpecReader reader(std::move(spec), "/operator", path.string());
    OperatorPtr a = operator_table().make(reader, kDomain, dense::kExact);
    reader.finish();
    if (resolved) *resolved = reader.resolved();
    return a;
  }
  /// The message of the SpecError at `pointer`.
  std::string refusal(const Json& spec, const std::string& pointer) const {
    try {
      made(spec);
    } catch (const SpecError& error) {
      BOOST_TEST(error.pointer() == pointer);
      return error.what();
    }
    return "no failure";
  }

  std::filesystem::path path;
};

Json mask_of(const char* file) { return {{"type", "mask"}, {"kind", "file"}, {"file", file}}; }

bool holds(const std::string& message, const std::vector<std::string>& words) {
  for (const std::string& word : words)
    if (message.find(word) == std::string::npos) return BOOST_TEST_MESSAGE(message << " lacks " << word), false;
  return true;
}

}  // namespace

BOOST_AUTO_TEST_CASE(masks_from_files) {
  const Folder folder;
  const Tensor frame = (Rng(1).uniform({4, 6}, {}) < 0.5).to(at::kFloat), all = (Rng(2).uniform({2, 4, 6}, {}) < 0.5).to(at::kByte);
  write_npy(folder.file("frame.npy"), frame);
  write_npy(folder.file("all.npy"), all);
  write_image(folder.file("frame.pgm"), frame.view({1, 4, 6}));
  const Tensor x = Rng(3).normal(kDomain, dense::kExact);
  BOOST_TEST(at::equal(folder.made(mask_of("frame.npy"))->apply(x), x * frame));
  BOOST_TEST(at::equal(folder.made(mask_of("frame.pgm"))->apply(x), x * frame));
  BOOST_TEST(at::equal(folder.made(mask_of("all.npy"))->apply(x), x * all));
}

#ifdef LVTINO_HAS_PNG
BOOST_AUTO_TEST_CASE(masks_from_png_frames) {
  const Folder folder;
  const Tensor frame = (Rng(4).uniform({1, 4, 6}, {}) < 0.5).to(at::kFloat);
  write_image(folder.file("frame.png"), frame);
  const Tensor x = Rng(3).normal(kDomain, dense::kExact);
  BOOST_TEST(at::equal(folder.made(mask_of("frame.png"))->apply(x), x * frame[0]));
}
#endif

BOOST_AUTO_TEST_CASE(kernels_from_files) {
  const Folder folder;
  const Tensor kernel = at::tensor({0.0, 0.25, 0.75, 0.0}, at::kDouble).view({2, 2});
  write_npy(folder.file("kernel.npy"), kernel);
  const Json spec = {{"type", "psf"}, {"kernel", "file"}, {"file", "kernel.npy"}};
  const Json taps = {{"type", "psf"}, {"kernel", "taps"}, {"size", {2, 2}}, {"taps", {0, 0.25, 0.75, 0}}};
  const Tensor x = Rng(5).normal(kDomain, dense::kExact);
  BOOST_TEST(at::equal(folder.made(spec)->apply(x), folder.made(taps)->apply(x)));
}

// The report names what was in the file; a spec that was run once is held to it.
BOOST_AUTO_TEST_CASE(digests) {
  const Folder folder;
  write_npy(folder.file("frame.npy"), at::ones({4, 6}));
  Json resolved;
  folder.made(mask_of("frame.npy"), &resolved);
  BOOST_TEST(resolved["sha256"].get<std::string>().size() == 64u);
  folder.made(resolved);
  write_npy(folder.file("frame.npy"), at::zeros({4, 6}));
  BOOST_TEST(holds(folder.refusal(resolved, "/operator/sha256"), {"frame.npy", resolved["sha256"]}));
}

BOOST_AUTO_TEST_CASE(refusals_name_file_and_sizes) {
  const Folder folder;
  write_npy(folder.file("wrong.npy"), at::ones({6, 4}));
  write_npy(folder.file("grey.npy"), at::full({4, 6}, 0.5));
  write_npy(folder.file("nan.npy"), at::full({4, 6}, std::nan("")));
  write_npy(folder.file("line.npy"), at::ones({4}));
  write_image(folder.file("colour.ppm"), Rng(6).uniform({3, 4, 6}, {}));
  BOOST_TEST(holds(folder.refusal(mask_of("wrong.npy"), "/operator/file"), {"wrong.npy", "[4, 6]", "[2, 4, 6]", "[6, 4]"}));
  BOOST_TEST(holds(folder.refusal(mask_of("grey.npy"), "/operator/file"), {"grey.npy", "24 of 24"}));
  BOOST_TEST(holds(folder.refusal(mask_of("nan.npy"), "/operator/file"), {"nan.npy", "24 of 24"}));
  BOOST_TEST(holds(folder.refusal(mask_of("colour.ppm"), "/operator/file"), {"colour.ppm"}));
  BOOST_TEST(holds(folder.refusal(mask_of("missing.npy"), "/operator/file"), {"missing.npy"}));
  BOOST_TEST(holds(folder.refusal(mask_of("missing.png"), "/operator/file"), {"missing.png"}));
  for (const char* file : {"line.npy", "nan.npy", "missing.npy"})
    BOOST_TEST(holds(folder.refusal({{"type", "psf"}, {"kernel", "file"}, {"file", file}}, "/operator/file"), {file}));
}

BOOST_AUTO_TEST_SUITE_END()
