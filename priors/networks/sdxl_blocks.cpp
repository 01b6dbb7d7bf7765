#include "priors/networks/sdxl_blocks.hpp"

namespace lvtino::nn {
namespace {

bool fits(const Shape& got, const Shape& expected) {
  return std::equal(
      got.begin(), got.end(), expected.begin(), expected.end(),
      [](std::int64_t have, std::int64_t want) { return want == -1 || have == want; });
}

std::string described(const Shape& expected) {
  std::string out = "[";
  for (std::size_t i = 0; i < expected.size(); ++i)
    out += (i > 0 ? ", " : "") + (expected[i] == -1 ? "any" : std::to_string(expected[i]));
  return out + "]";
}

}  // namespace

Tensor input_of(const NamedTensors& inputs, const std::string& name, const Shape& expected,
                const Placement& placement) {
  const auto found = inputs.find(name);
  if (found == inputs.end())
    throw ShapeError(
        text("input ", name, ": expected ", described(expected), ", got no such input"));
  const Tensor& given = found->second;
  if (!fits(shape_of(given), expected) || given.numel() == 0)
    throw ShapeError(
        text("input ", name, ": expected ", described(expected), ", got ", describe(given)));
  return given.to(placement.options());
}

std::vector<std::int64_t> integers_of(const SpecReader& config, std::string_view key,
                                      std::string_view doc,
                                      const std::vector<std::int64_t>& fallback, std::int64_t low) {
  const std::vector<double> numbers =
      config.numbers(key, {.doc = doc,
                           .fallback = std::vector<double>(fallback.begin(), fallback.end()),
                           .least = 1,
                           .most = 64,
                           .low = double(low),
                           .high = 1e9});
  for (const double number : numbers)
    if (number != std::floor(number))
      throw config.error(key, text("expected integers, got ", number));
  return {numbers.begin(), numbers.end()};
}

ResnetBlock2d::ResnetBlock2d(const Weights& weights, std::int64_t in, std::int64_t out,
                             std::int64_t groups, double epsilon, std::int64_t embedding)
    : norm1_(weights["norm1"], groups, in, epsilon),
      conv1_(weights["conv1"], in, out, 3, 1, 1),
      norm2_(weights["norm2"], groups, out, epsilon),
      conv2_(weights["conv2"], out, out, 3, 1, 1) {
  if (embedding > 0) embedding_.emplace(weights["time_emb_proj"], embedding, out);
  if (in != out) shortcut_.emplace(weights["conv_shortcut"], in, out, 1);
}

Tensor ResnetBlock2d::operator()(const Tensor& x, const std::optional<Tensor>& embedding) const {
  Tensor y = conv1_(norm1_.silu(x));
  if (embedding_) y += (*embedding_)(embedding.value()).unsqueeze(-1).unsqueeze(-1);
  Tensor normed = norm2_.silu(y);
  y.reset();
  y = conv2_(normed);
  normed.reset();
  return y += shortcut_ ? (*shortcut_)(x) : x;
}

}  // namespace lvtino::nn
