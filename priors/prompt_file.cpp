#include "priors/prompt_file.hpp"

#include "lvtino/core/error.hpp"
#include "lvtino/core/rng.hpp"
#include "priors/nn/safetensors.hpp"

namespace lvtino {
namespace {

constexpr std::int64_t kRandomLength = 4;

bool fits(const Shape& got, const Shape& expected) {
  return got.size() == expected.size() &&
         std::equal(got.begin(), got.end(), expected.begin(), [](std::int64_t a, std::int64_t b) {
           return b == kAnyLength ? a > 0 : a == b;
         });
}

}  // namespace

PromptSource::PromptSource(const SpecReader& reader) {
  const std::string named = reader.string(
      "prompt", {.doc = "embeddings of a prompt, a file of --encode-prompt, or \"random\""});
  if (named != "random") path_ = reader.path(named);
}

Tensor PromptSource::read(const std::string& tensor, const Shape& expected,
                          const Placement& placement) const {
  if (path_.empty()) {
    Shape shape = expected;
    std::replace(shape.begin(), shape.end(), kAnyLength, kRandomLength);
    return Rng(0).fork("prompt").fork(tensor).normal(shape, {}).to(placement.options());
  }
  const nn::SafetensorsFile file = nn::read_safetensors(path_);
  const auto found = file.tensors.find(tensor);
  if (found == file.tensors.end())
    throw IoError(text(path_, ": no tensor \"", tensor, "\"; is it a file of --encode-prompt?"));
  if (!fits(shape_of(found->second), expected))
    throw IoError(text(path_, ": tensor \"", tensor, "\": expected ", to_string(expected),
                       " (-1: any), got ", describe(found->second)));
  return found->second.to(placement.options());
}

}  // namespace lvtino
