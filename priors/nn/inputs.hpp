#pragma once

#include "priors/nn/safetensors.hpp"

namespace lvtino::nn {

/// Stands for any extent of at least 1 in a pattern.
constexpr std::int64_t kAny = -1;

/// Throws ShapeError or PlacementError, naming `what`, unless the tensor has this shape, in which
/// kAny fits all, and this placement.
void require_pattern(const Tensor& tensor, const Shape& pattern, const Placement& placement,
                     const std::string& what);

/// The input `name` of `network`. Throws ShapeError that lists the inputs that came.
const Tensor& input_of(const NamedTensors& inputs, const std::string& name,
                       const std::string& network);

/// Throws ShapeError for the first input that is none of `names`.
void refuse_others(const NamedTensors& inputs, const std::vector<std::string>& names,
                   const std::string& network);

}  // namespace lvtino::nn
