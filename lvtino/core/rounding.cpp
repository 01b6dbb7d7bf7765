#include "lvtino/core/rounding.hpp"

#include <c10/util/BFloat16.h>

#include "lvtino/core/error.hpp"

namespace lvtino {

const std::vector<std::string>& rounding_names() {
  static const std::vector<std::string> names = {"none", "bfloat16"};
  return names;
}

Rounding rounding_named(const std::string& name) {
  if (name == "none") return Rounding::none;
  if (name == "bfloat16") return Rounding::bfloat16;
  throw NotSupportedError(text("expected the rounding none or bfloat16, got ", name));
}

Tensor rounded(const Tensor& x, Rounding rounding) {
  return rounding == Rounding::none ? x : x.to(at::kBFloat16).to(x.scalar_type());
}

double rounded(double value, Rounding rounding) {
  return rounding == Rounding::none ? value : double(float(c10::BFloat16(float(value))));
}

}  // namespace lvtino
