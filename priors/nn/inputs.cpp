#include "priors/nn/inputs.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino::nn {
namespace {

std::string joined(const std::vector<std::string>& names) {
  if (names.empty()) return "none";
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

void require_pattern(const Tensor& tensor, const Shape& pattern, const Placement& placement,
                     const std::string& what) {
  bool fits = tensor.defined() && tensor.dim() == std::int64_t(pattern.size());
  for (std::size_t i = 0; fits && i < pattern.size(); ++i)
    fits = pattern[i] == kAny ? tensor.size(i) >= 1 : tensor.size(i) == pattern[i];
  if (!fits)
    throw ShapeError(text(what, ": expected shape ", to_string(pattern), " with -1 for any, got ",
                          describe(tensor)));
  if (!(placement_of(tensor) == placement))
    throw PlacementError(
        text(what, ": expected ", to_string(placement), ", got ", describe(tensor)));
}

const Tensor& input_of(const NamedTensors& inputs, const std::string& name,
                       const std::string& network) {
  const auto found = inputs.find(name);
  if (found != inputs.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [other, tensor] : inputs) names.push_back(other);
  throw ShapeError(text(network, ": expected an input \"", name, "\", got ", joined(names)));
}

void refuse_others(const NamedTensors& inputs, const std::vector<std::string>& names,
                   const std::string& network) {
  for (const auto& [name, tensor] : inputs)
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw ShapeError(
          text(network, ": expected the inputs ", joined(names), ", got also \"", name, "\""));
}

}  // namespace lvtino::nn
