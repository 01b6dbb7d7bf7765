#include "priors/networks/sdxl_transformer.hpp"

namespace lvtino::nn {
namespace {

constexpr double kGroupEpsilon = 1e-6;
constexpr double kLayerEpsilon = 1e-5;

}  // namespace

ProjectedAttention::ProjectedAttention(const Weights& weights, std::int64_t channels,
                                       std::int64_t source, std::int64_t heads)
    : q_(weights["to_q"], channels, channels, false),
      k_(weights["to_k"], source, channels, false),
      v_(weights["to_v"], source, channels, false),
      out_(weights["to_out"][0], channels, channels),
      heads_(heads) {}

KeyValue ProjectedAttention::key_value(const Tensor& source) const {
  return {split_heads(k_(source), heads_), split_heads(v_(source), heads_)};
}

Tensor ProjectedAttention::operator()(const Tensor& x, const KeyValue& key_value) const {
  // Queries do not see one another: those of images with the same keys are one long list, so that
  // nothing is repeated.
  const bool shared = key_value.key.size(0) == 1 && x.size(0) > 1;
  const Tensor q = q_(shared ? x.reshape({1, -1, x.size(2)}) : x);
  const Tensor y = attention(split_heads(q, heads_), key_value.key, key_value.value);
  return out_(join_heads(y)).view_as(x);
}

SpatialTransformer::Block::Block(const Weights& weights, std::int64_t channels, std::int64_t heads,
                                 std::int64_t prompt_features)
    : norm1(weights["norm1"], channels, kLayerEpsilon),
      attn1(weights["attn1"], channels, channels, heads),
      norm2(weights["norm2"], channels, kLayerEpsilon),
      attn2(weights["attn2"], channels, prompt_features, heads),
      norm3(weights["norm3"], channels, kLayerEpsilon),
      widen(weights["ff"]["net"][0]["proj"], channels, 8 * channels),
      narrow(weights["ff"]["net"][2], 4 * channels, channels) {}

SpatialTransformer::SpatialTransformer(const Weights& weights, std::int64_t channels,
                                       std::int64_t heads, std::int64_t depth,
                                       std::int64_t prompt_features, std::int64_t groups)
    : norm_(weights["norm"], groups, channels, kGroupEpsilon),
      in_(weights["proj_in"], channels, channels),
      out_(weights["proj_out"], channels, channels) {
  for (std::int64_t i = 0; i < depth; ++i)
    blocks_.emplace_back(weights["transformer_blocks"][i], channels, heads, prompt_features);
}

std::vector<KeyValue> SpatialTransformer::prompt(const Tensor& prompt) const {
  std::vector<KeyValue> out;
  for (const Block& block : blocks_) out.push_back(block.attn2.key_value(prompt));
  return out;
}

Tensor SpatialTransformer::operator()(const Tensor& x, const std::vector<KeyValue>& prompt) const {
  Tensor tokens = in_(norm_(x).flatten(2).transpose(1, 2));
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const Block& block = blocks_[i];
    {
      const Tensor own = block.norm1(tokens);
      tokens += block.attn1(own, block.attn1.key_value(own));
    }
    tokens += block.attn2(block.norm2(tokens), prompt.at(i));
    tokens += block.narrow(geglu(block.widen(block.norm3(tokens))));
  }
  tokens = out_(tokens);
  return tokens.transpose(1, 2).reshape(x.sizes()).add_(x);
}

}  // namespace lvtino::nn
