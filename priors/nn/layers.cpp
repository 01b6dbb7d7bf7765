#include "priors/nn/layers.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino::nn {

Tensor channels_last(const Tensor& weight) {
  // A tensor that repeats one number is left as it is.
  if (!is_fast() || !weight.is_contiguous() || weight.scalar_type() == at::kDouble) return weight;
  return weight.contiguous(at::MemoryFormat::ChannelsLast);
}

Linear::Linear(const Weights& weights, std::int64_t in, std::int64_t out, bool has_bias)
    : weight_(weights.take("weight", {out, in})) {
  if (has_bias) bias_ = weights.take("bias", {out});
}

Convolution2d::Convolution2d(const Weights& weights, std::int64_t in, std::int64_t out,
                             std::int64_t kernel, std::int64_t stride, std::int64_t pad)
    : weight_(channels_last(weights.take("weight", {out, in, kernel, kernel}))),
      bias_(weights.take("bias", {out})),
      stride_(stride),
      pad_(pad) {}

Tensor Convolution2d::operator()(const Tensor& x) const {
  return at::conv2d(x, weight_, bias_, {stride_, stride_}, {pad_, pad_});
}

LayerNorm::LayerNorm(const Weights& weights, std::int64_t features, double epsilon)
    : weight_(weights.take("weight", {features})),
      bias_(weights.take("bias", {features})),
      epsilon_(epsilon) {}

Tensor LayerNorm::operator()(const Tensor& x) const {
  return at::layer_norm(x, {weight_.size(0)}, weight_, bias_, epsilon_);
}

Tensor layer_norm(const Tensor& x, double epsilon) {
  return at::layer_norm(x, {x.size(-1)}, {}, {}, epsilon);
}

RmsNorm::RmsNorm(const Weights& weights, std::int64_t features, double epsilon)
    : weight_(weights.take("weight", {features})), epsilon_(epsilon) {}

GroupNorm::GroupNorm(const Weights& weights, std::int64_t groups, std::int64_t channels,
                     double epsilon)
    : weight_(weights.take("weight", {channels})),
      bias_(weights.take("bias", {channels})),
      groups_(groups),
      epsilon_(epsilon) {}

Tensor attention(const Tensor& q, const Tensor& k, const Tensor& v, std::optional<double> scale,
                 const std::optional<Tensor>& bias) {
  return at::scaled_dot_product_attention(q, k, v, bias, /*dropout_p=*/0, /*is_causal=*/false,
                                          scale);
}

Tensor attention_in_parts(const Tensor& q, const Tensor& k, const Tensor& v,
                          std::int64_t most_scores) {
  const std::int64_t queries = q.size(2), a_query = q.size(0) * q.size(1) * k.size(2);
  const std::int64_t part = std::max<std::int64_t>(1, most_scores / a_query);
  if (part >= queries) return attention(q, k, v);
  Tensor out = at::empty({q.size(0), q.size(1), queries, v.size(3)}, q.options());
  for (std::int64_t first = 0; first < queries; first += part) {
    const std::int64_t count = std::min(part, queries - first);
    out.narrow(2, first, count).copy_(attention(q.narrow(2, first, count), k, v));
  }
  return out;
}

Tensor split_heads(const Tensor& x, std::int64_t heads) {
  if (x.dim() != 3 || x.size(2) % heads != 0)
    throw ShapeError(
        text("attention: expected [M, L, C] with C a multiple of ", heads, ", got ", describe(x)));
  return x.view({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
}

Tensor join_heads(const Tensor& x) { return x.transpose(1, 2).flatten(2); }

Tensor sinusoid(const Tensor& t, std::int64_t n) {
  const Tensor index = at::arange(n, at::TensorOptions().dtype(at::kDouble).device(t.device()));
  const Tensor angle = t.to(at::kDouble).unsqueeze(1) * at::exp(index * (-std::log(1e4) / n));
  return at::cat({angle.cos(), angle.sin()}, 1);
}

}  // namespace lvtino::nn
