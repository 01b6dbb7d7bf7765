#include "priors/networks/wan_transformer.hpp"

#include "lvtino/core/error.hpp"
#include "priors/nn/inputs.hpp"
#include "priors/nn/rotary_embedding.hpp"

namespace lvtino::nn {
namespace {

constexpr std::int64_t kPatch = 2;  // in height and width; 1 in time

// Before any tensor is asked for.
const WanTransformerConfig& checked(const WanTransformerConfig& config) {
  for (const std::int64_t extent :
       {config.width, config.heads, config.layers, config.hidden, config.channels,
        config.frequencies, config.text_width, config.text_length})
    if (extent < 1)
      throw ShapeError(text("wan_transformer: expected positive extents, got ", extent));
  const std::int64_t features = config.width / config.heads;
  if (config.width % config.heads != 0 || features % 2 != 0 || features < 6)
    throw ShapeError(
        text("wan_transformer: expected a width that is a multiple of the heads, each "
             "with an even number of at least 6 features; got width ",
             config.width, ", heads ", config.heads));
  if (config.frequencies % 2 != 0)
    throw ShapeError(
        text("wan_transformer: expected an even number of frequencies, got ", config.frequencies));
  return config;
}

}  // namespace

WanAttention::WanAttention(const Weights& weights, const WanTransformerConfig& config)
    : heads_(config.heads),
      q_(weights["q"], config.width, config.width),
      k_(weights["k"], config.width, config.width),
      v_(weights["v"], config.width, config.width),
      o_(weights["o"], config.width, config.width),
      norm_q_(weights["norm_q"], config.width, config.epsilon),
      norm_k_(weights["norm_k"], config.width, config.epsilon) {}

Tensor WanAttention::attend(const Tensor& queries, const Tensor& keys, const Tensor& values) const {
  return o_(join_heads(attention(queries, keys, values)));
}

WanBlock::WanBlock(const Weights& weights, const WanTransformerConfig& config)
    : epsilon_(config.epsilon),
      modulation_(weights.take("modulation", {1, 6, config.width})),
      self_attention_(weights["self_attn"], config),
      cross_attention_(weights["cross_attn"], config),
      norm_(weights["norm3"], config.width, config.epsilon),
      expand_(weights["ffn"][0], config.width, config.hidden),
      contract_(weights["ffn"][2], config.hidden, config.width) {}

WanContext::Memory WanBlock::memory(const Tensor& text) const {
  return {cross_attention_.keys(text), cross_attention_.values(text)};
}

Tensor WanBlock::operator()(Tensor tokens, const Tensor& modulation,
                            const WanContext::Memory& memory, const Tensor& rotation) const {
  const std::vector<Tensor> m = (modulation_ + modulation).unbind(1);
  // Results go into arrays that nobody else holds, and arrays go as soon as they are used up:
  // network_memory.cpp counts what is alive.
  {
    Tensor x = modulated_norm(tokens, m[0], m[1], epsilon_);
    const Tensor q = self_attention_.queries(x, rotation);
    const Tensor k = self_attention_.keys(x, rotation);
    const Tensor v = self_attention_.values(x);
    x.reset();
    tokens = gated_sum(tokens, m[2], self_attention_.attend(q, k, v));
  }
  {
    const Shape batch = {tokens.size(0), -1, -1, -1};
    const Tensor q = cross_attention_.queries(norm_(tokens));
    tokens = cross_attention_.attend(q, memory.keys.expand(batch), memory.values.expand(batch))
                 .add_(tokens);
  }
  Tensor inner = expand_(modulated_norm(tokens, m[3], m[4], epsilon_));
  at::gelu_(inner, "tanh");
  Tensor out = contract_(inner);
  inner.reset();
  return gated_sum(tokens, m[5], std::move(out));
}

WanTransformer::WanTransformer(const Weights& weights, const WanTransformerConfig& config)
    : config_(checked(config)),
      // A convolution whose stride is its kernel: a linear map of patches, (c, dy, dx) in order.
      patch_weight_(weights["patch_embedding"]
                        .take("weight", {config.width, config.channels, 1, kPatch, kPatch})
                        .flatten(1)),
      patch_bias_(weights["patch_embedding"].take("bias", {config.width})),
      text_in_(weights["text_embedding"][0], config.text_width, config.width),
      text_out_(weights["text_embedding"][2], config.width, config.width),
      time_in_(weights["time_embedding"][0], config.frequencies, config.width),
      time_out_(weights["time_embedding"][2], config.width, config.width),
      time_projection_(weights["time_projection"][1], config.width, 6 * config.width),
      head_modulation_(weights["head"].take("modulation", {1, 2, config.width})),
      head_(weights["head"]["head"], config.width, config.channels * kPatch * kPatch) {
  for (std::int64_t i = 0; i < config.layers; ++i)
    blocks_.emplace_back(weights["blocks"][i], config);
}

WanTransformer::Grid WanTransformer::grid_of(const Tensor& latent) const {
  require_pattern(latent, {kAny, config_.channels, kAny, kAny, kAny}, placement(),
                  "wan_transformer: latent");
  if (latent.size(3) % kPatch != 0 || latent.size(4) % kPatch != 0)
    throw ShapeError(
        text("wan_transformer: latent: expected an even height and width, got ", describe(latent)));
  return {latent.size(2), latent.size(3) / kPatch, latent.size(4) / kPatch};
}

Tensor WanTransformer::patch_embedding(const Tensor& latent) const {
  const auto [frames, height, width] = grid_of(latent);
  const Tensor patches =
      latent.reshape({latent.size(0), config_.channels, frames, height, kPatch, width, kPatch})
          .permute({0, 2, 3, 5, 1, 4, 6})
          .reshape({latent.size(0), frames * height * width, patch_weight_.size(1)});
  return at::linear(patches, patch_weight_, patch_bias_);
}

Tensor WanTransformer::text_embedding(const Tensor& prompt) const {
  require_pattern(prompt, {kAny, kAny, config_.text_width}, placement(), "wan_transformer: prompt");
  const std::int64_t missing = config_.text_length - prompt.size(1);
  if (missing < 0)
    throw ShapeError(text("wan_transformer: prompt: expected at most ", config_.text_length,
                          " tokens, got ", describe(prompt)));
  const Tensor padded = at::constant_pad_nd(prompt, {0, 0, 0, missing});
  return text_out_(at::gelu(text_in_(padded), "tanh"));
}

WanContext WanTransformer::context(const Tensor& prompt) const {
  WanContext out{text_embedding(prompt), {}};
  for (const WanBlock& block : blocks_) out.blocks.push_back(block.memory(out.text));
  return out;
}

WanTime WanTransformer::time(const Tensor& t) const {
  if (t.dim() != 1 || !at::isFloatingType(t.scalar_type()))
    throw ShapeError(
        text("wan_transformer: timestep: expected floating-point numbers [B], got ", describe(t)));
  const Tensor waves = sinusoid(t.to(placement().device), config_.frequencies / 2);
  const Tensor embedding = time_out_(at::silu(time_in_(waves.to(placement().dtype))));
  return {embedding, time_projection_(at::silu(embedding)).view({t.size(0), 6, config_.width})};
}

Tensor WanTransformer::rotation(const Grid& grid) const {
  const at::ScalarType precision =
      placement().dtype == at::kDouble ? at::kComplexDouble : at::kComplexFloat;
  return rotary_table(grid, config_.width / config_.heads, placement().device).to(precision);
}

Tensor WanTransformer::head(const Tensor& tokens, const Tensor& embedding, const Grid& grid) const {
  const std::vector<Tensor> m = (head_modulation_ + embedding.unsqueeze(1)).unbind(1);
  const auto [frames, height, width] = grid;
  const Tensor patches = head_(modulated_norm(tokens, m[0], m[1], config_.epsilon));
  return patches.view({tokens.size(0), frames, height, width, kPatch, kPatch, config_.channels})
      .permute({0, 6, 1, 2, 4, 3, 5})
      .reshape({tokens.size(0), config_.channels, frames, height * kPatch, width * kPatch});
}

Tensor WanTransformer::forward(const Tensor& latent, const WanTime& time,
                               const WanContext& context) const {
  const Grid grid = grid_of(latent);
  const std::int64_t batch = latent.size(0);
  for (const std::int64_t given : {time.embedding.size(0), context.text.size(0)})
    if (given != 1 && given != batch)
      throw ShapeError(text("wan_transformer: expected timestep and prompt of a batch of 1 or ",
                            batch, ", got ", given));
  if (context.blocks.size() != blocks_.size())
    throw ShapeError(text("wan_transformer: context: expected ", blocks_.size(), " blocks, got ",
                          context.blocks.size()));
  const Tensor turns = rotation(grid);
  Tensor tokens = patch_embedding(latent);
  for (std::size_t i = 0; i < blocks_.size(); ++i)
    tokens = blocks_[i](std::move(tokens), time.modulation, context.blocks[i], turns);
  return head(tokens, time.embedding, grid);
}

}  // namespace lvtino::nn
