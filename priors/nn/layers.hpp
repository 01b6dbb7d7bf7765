#pragma once

#include "priors/nn/fused.hpp"
#include "priors/nn/weights.hpp"

/// The blocks that the published networks share. Each takes its tensors from `Weights` by the names
/// of the field ("weight", "bias", "gamma") and computes in the dtype and on the device of its
/// argument, which must be those of its tensors.
namespace lvtino::nn {

/// y = x W' + b over the last axis.
class Linear {
 public:
  Linear(const Weights& weights, std::int64_t in, std::int64_t out, bool has_bias = true);
  Tensor operator()(const Tensor& x) const { return at::linear(x, weight_, bias_); }
  const Tensor& weight() const { return weight_; }

 private:
  Tensor weight_;
  std::optional<Tensor> bias_;
};

/// The kernel of a convolution [out, in, h, w] in the order in memory that libraries compute
/// fastest in: channels last, unless on the plain path or in float64. Results of a convolution with
/// it have that order too.
Tensor channels_last(const Tensor& weight);

/// Convolution of images [M, C, H, W], kernel k, zero padding `pad` on all sides. Results lie in
/// memory with their channels last where its kernel does.
class Convolution2d {
 public:
  Convolution2d(const Weights& weights, std::int64_t in, std::int64_t out, std::int64_t kernel,
                std::int64_t stride = 1, std::int64_t pad = 0);
  Tensor operator()(const Tensor& x) const;

 private:
  Tensor weight_, bias_;
  std::int64_t stride_, pad_;
};

/// Layer normalisation over the last axis (Ba, Kiros and Hinton 2016), with gain and shift.
class LayerNorm {
 public:
  LayerNorm(const Weights& weights, std::int64_t features, double epsilon);
  Tensor operator()(const Tensor& x) const;

 private:
  Tensor weight_, bias_;
  double epsilon_;
};

/// The same without gain and shift.
Tensor layer_norm(const Tensor& x, double epsilon);

/// x / sqrt(mean(x^2) + epsilon) over the last axis, in float32 or better, cast back to the dtype
/// of x, then times the gain (Zhang and Sennrich 2019, as in T5 and Wan); see `rms_normed`.
class RmsNorm {
 public:
  RmsNorm(const Weights& weights, std::int64_t features, double epsilon);
  Tensor operator()(Tensor x) const { return rms_normed(std::move(x), weight_, epsilon_); }
  /// Then the pairs of each head turned by a table of `rotary_table`; x [B, tokens, features].
  Tensor turned(Tensor x, const Tensor& turns) const {
    return rms_normed(std::move(x), weight_, epsilon_, turns);
  }

 private:
  Tensor weight_;
  double epsilon_;
};

/// Group normalisation of [M, C, ...] (Wu and He 2018), with gain and shift.
class GroupNorm {
 public:
  GroupNorm(const Weights& weights, std::int64_t groups, std::int64_t channels, double epsilon);
  Tensor operator()(const Tensor& x) const {
    return group_normed(x, groups_, weight_, bias_, epsilon_, /*with_silu=*/false);
  }
  /// Then SiLU.
  Tensor silu(const Tensor& x) const {
    return group_normed(x, groups_, weight_, bias_, epsilon_, /*with_silu=*/true);
  }

 private:
  Tensor weight_, bias_;
  std::int64_t groups_;
  double epsilon_;
};

/// softmax(scale q k' + bias) v for [M, heads, tokens, features]; scale 1 / sqrt(features) unless
/// given. `bias` adds to the scores and broadcasts to [M, heads, queries, keys].
Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v,
                 std::optional<double> scale = {}, const std::optional<Tensor>& bias = {});

/// The same without bias, a part of the queries after the other, so that no more than
/// `most_scores` scores exist at a time (one query's at least) where they are held at all: on GPUs,
/// which know no shortcut for heads of more than 256 features.
Tensor attention_in_parts(const Tensor& q, const Tensor& k, const Tensor& v,
                          std::int64_t most_scores = std::int64_t(1) << 27);

/// [M, L, heads features] <-> [M, heads, L, features].
Tensor split_heads(const Tensor& x, std::int64_t heads);
Tensor join_heads(const Tensor& x);

/// [cos(t f_0) .. cos(t f_{n-1}), sin(t f_0) ..], f_i = 10000^(-i / n), for numbers t [M]: [M, 2n]
/// float64 (Vaswani et al. 2017, cosines first).
Tensor sinusoid(const Tensor& t, std::int64_t n);

}  // namespace lvtino::nn
