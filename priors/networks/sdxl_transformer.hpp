#pragma once

#include "priors/nn/layers.hpp"

namespace lvtino::nn {

/// What queries attend to: [m, heads, tokens, features] each.
struct KeyValue {
  Tensor key, value;
};

/// Multi-head attention with linear maps "to_q", "to_k", "to_v" (no bias) and "to_out.0".
class ProjectedAttention {
 public:
  /// Queries come from `channels` features, keys and values from `source` features.
  ProjectedAttention(const Weights& weights, std::int64_t channels, std::int64_t source,
                     std::int64_t heads);
  /// `source` [m, tokens, features].
  KeyValue key_value(const Tensor& source) const;
  /// x [M, L, channels]; keys and values of all M, or of one that all share.
  Tensor operator()(const Tensor& x, const KeyValue& key_value) const;

 private:
  Linear q_, k_, v_, out_;
  std::int64_t heads_;
};

/// The transformer of SDXL's U-net on the pixels of images: group normalisation, a linear map, per
/// block self-attention, cross-attention to the prompt and a gated feed-forward map (GEGLU, Shazeer
/// 2020, with the exact GELU), a linear map, all beside the identity.
class SpatialTransformer {
 public:
  SpatialTransformer(const Weights& weights, std::int64_t channels, std::int64_t heads,
                     std::int64_t depth, std::int64_t prompt_features, std::int64_t groups);

  /// Keys and values of a prompt [m, tokens, features], for each block.
  std::vector<KeyValue> prompt(const Tensor& prompt) const;

  /// x [M, channels, h, w]; `prompt` of M prompts, or of one that all images share.
  Tensor operator()(const Tensor& x, const std::vector<KeyValue>& prompt) const;

 private:
  struct Block {
    Block(const Weights& weights, std::int64_t channels, std::int64_t heads,
          std::int64_t prompt_features);
    LayerNorm norm1;
    ProjectedAttention attn1;
    LayerNorm norm2;
    ProjectedAttention attn2;
    LayerNorm norm3;
    Linear widen, narrow;
  };

  GroupNorm norm_;
  Linear in_;
  std::vector<Block> blocks_;
  Linear out_;
};

}  // namespace lvtino::nn
