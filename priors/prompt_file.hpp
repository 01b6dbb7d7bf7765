#pragma once

#include "lvtino/core/spec.hpp"
#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// Stands for the number of tokens of a prompt, which may be any, in an expected shape.
constexpr std::int64_t kAnyLength = -1;

/// What a text encoder made of a prompt, kept in a safetensors file so that the encoder need not be
/// there when videos are restored: "embeddings" and, for SDXL, "pooled". The metadata name the
/// prompt and the listing of the encoder's weights.
class PromptSource {
 public:
  /// Reads the key `prompt`: the file, or "random", which draws N(0, 1) entries for a prompt of
  /// four tokens, for tests and timing. The file is not opened here.
  explicit PromptSource(const SpecReader& reader);

  /// Throws IoError that names file and tensor.
  Tensor read(const std::string& tensor, const Shape& expected, const Placement& placement) const;

 private:
  std::string path_;  ///< empty: random
};

}  // namespace lvtino
