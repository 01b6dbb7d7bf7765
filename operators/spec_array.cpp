#include "operators/spec_array.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/image_file.hpp"
#include "lvtino/core/npy.hpp"
#include "lvtino/core/sha256.hpp"

namespace lvtino::specs {
namespace {

Tensor read_any(const std::string& path) {
  if (path.ends_with(".npy")) return read_npy(path).to(at::kDouble);
  const Tensor image = read_image(path);
  if (!at::equal(image[0], image[1]) || !at::equal(image[0], image[2]))
    throw IoError(text(path, ": expected a grey picture, its channels differ"));
  return image[0].to(at::kDouble).contiguous();
}

}  // namespace

const std::string& SpecFileName::required(const SpecReader& spec) const {
  if (name.empty()) throw spec.error(key, "expected the name of a file");
  return name;
}

SpecFileName read_file_name(const SpecReader& spec, const char* key, const char* doc) {
  SpecFileName out{key, spec.string(key, {.doc = doc, .fallback = ""})};
  spec.string("sha256", {.doc = "digest that the file must have; \"\": any", .fallback = ""});
  return out;
}

Tensor read_spec_array(const SpecReader& spec, const char* key, const std::string& name) {
  const std::string path = spec.path(name);
  const std::string expected = spec.string("sha256", {.doc = "digest that the file must have; \"\": any", .fallback = ""});
  try {
    const std::string found = sha256_of_file(path);
    if (!expected.empty() && expected != found)
      throw spec.error("sha256", text("expected the digest of ", path, ", ", found, ", got ", expected));
    const Tensor values = read_any(path);
    spec.resolve("sha256", found);
    return values;
  } catch (const IoError& failure) {
    throw spec.error(key, text(failure.what(), " (the file ", path, ")"));
  } catch (const NotBuiltError& failure) {
    throw spec.error(key, text(failure.what(), " (the file ", path, ")"));
  }
}

Shape read_tap_counts(const SpecReader& spec, const std::optional<std::vector<double>>& fallback,
                      std::int64_t axes, const char* doc) {
  const auto counts = spec.numbers("size", {.doc = doc, .fallback = fallback, .least = axes, .most = axes,
                                            .low = 1, .high = 512});
  Shape out;
  for (const double count : counts) {
    if (count != std::floor(count))
      throw spec.error("size", text("expected whole numbers of taps, got ", count));
    out.push_back(std::int64_t(count));
  }
  return out;
}

void require_tap_count(const SpecReader& spec, const Shape& size, const std::vector<double>& taps) {
  if (element_count(size) != std::int64_t(taps.size()))
    throw spec.error("taps", text("expected ", element_count(size), " numbers for a kernel ",
                                  to_string(size), ", got ", taps.size()));
}

}  // namespace lvtino::specs
