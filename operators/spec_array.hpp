#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lvtino/core/spec.hpp"
#include "lvtino/core/tensor.hpp"

/// Arrays that a spec carries: in a file, or as a list of numbers with its extents.
namespace lvtino::specs {

/// A file that a spec may name.
struct SpecFileName {
  std::string key, name;
  /// The name. Throws SpecError if the spec leaves it out.
  const std::string& required(const SpecReader& spec) const;
};
SpecFileName read_file_name(const SpecReader& spec, const char* key, const char* doc);

/// The array of a .npy file, float64 in its own shape, or a picture [H, W] in [0, 1] (grey, or colour
/// whose channels agree). The file's digest is entered into the resolved spec as "sha256"; a spec that
/// gives one is held to it. Throws SpecError at `key` that names the file if it cannot be read.
Tensor read_spec_array(const SpecReader& spec, const char* key, const std::string& name);

/// The key "size": whole numbers of taps, one an axis. Throws SpecError.
Shape read_tap_counts(const SpecReader& spec, const std::optional<std::vector<double>>& fallback,
                      std::int64_t axes, const char* doc);
/// Throws SpecError at "taps" unless there is one for each place of a kernel of this size.
void require_tap_count(const SpecReader& spec, const Shape& size, const std::vector<double>& taps);

}  // namespace lvtino::specs
