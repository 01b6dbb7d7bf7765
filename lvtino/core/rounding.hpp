#pragma once

#include <string>
#include <vector>

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// Numbers as a narrower type would hold them, kept in the type that they are computed in.
enum class Rounding {
  none,
  bfloat16,  ///< 8 significant bits: steps of 2^-8 in [0.5, 1)
};

/// "none", "bfloat16": what a spec says.
const std::vector<std::string>& rounding_names();
/// Throws NotSupportedError for another name.
Rounding rounding_named(const std::string& name);

/// x rounded to the nearest (even in a tie), in x's dtype; x itself for `none`.
Tensor rounded(const Tensor& x, Rounding rounding);
double rounded(double value, Rounding rounding);

}  // namespace lvtino
