#include "priors/networks/clip_encoder.hpp"

#include "lvtino/core/error.hpp"
#include "priors/networks/sdxl_naming.hpp"

namespace lvtino::nn {
namespace {

const ClipConfig& checked(const ClipConfig& config) {
  if (config.hidden_size % config.heads != 0)
    throw ShapeError(text("clip: ", config.hidden_size, " features do not divide into ",
                          config.heads, " heads"));
  return config;
}

Architecture architecture(const std::string& name, const std::string& summary,
                          const ClipConfig& defaults, std::vector<NamingScheme> schemes) {
  return {name, summary,
          [defaults](const SpecReader& config, const Weights& weights) -> std::unique_ptr<Network> {
            return std::make_unique<ClipEncoder>(read_clip_config(config, defaults), weights);
          },
          std::move(schemes)};
}

}  // namespace

ClipConfig clip_bigg_config() {
  ClipConfig c;
  c.hidden_size = 1280;
  c.layers = 32;
  c.heads = 20;
  c.intermediate_size = 5120;
  c.projection_dim = 1280;
  c.activation = "gelu";
  return c;
}

ClipConfig read_clip_config(const SpecReader& config, ClipConfig c) {
  const auto one = [&](std::string_view key, std::string_view doc, std::int64_t& value,
                       std::int64_t low = 1) {
    value = config.integer(key, {.doc = doc, .fallback = value, .low = low, .high = 1 << 24});
  };
  one("vocab_size", "number of token ids", c.vocab_size);
  one("max_positions", "most tokens of a text", c.max_positions);
  one("hidden_size", "features of a token", c.hidden_size);
  one("layers", "transformer layers", c.layers);
  one("heads", "attention heads", c.heads);
  one("intermediate_size", "features inside the feed-forward maps", c.intermediate_size);
  one("projection_dim", "features of the pooled text; 0: not projected", c.projection_dim, 0);
  one("eos_token_id", "the token that ends a text", c.eos_token_id, 0);
  c.activation = config.choice("activation", {.doc = "nonlinearity of the feed-forward maps",
                                              .choices = {"quick_gelu", "gelu"},
                                              .fallback = c.activation});
  c.layer_norm_eps = config.number(
      "layer_norm_eps",
      {.doc = "added to variances", .fallback = c.layer_norm_eps, .low = 0, .above_low = true});
  if (c.hidden_size % c.heads != 0)
    throw config.error(
        "heads", text("expected a divisor of hidden_size = ", c.hidden_size, ", got ", c.heads));
  return c;
}

ClipEncoder::Layer::Layer(const Weights& weights, const ClipConfig& config)
    : norm1(weights["layer_norm1"], config.hidden_size, config.layer_norm_eps),
      q(weights["self_attn"]["q_proj"], config.hidden_size, config.hidden_size),
      k(weights["self_attn"]["k_proj"], config.hidden_size, config.hidden_size),
      v(weights["self_attn"]["v_proj"], config.hidden_size, config.hidden_size),
      out(weights["self_attn"]["out_proj"], config.hidden_size, config.hidden_size),
      norm2(weights["layer_norm2"], config.hidden_size, config.layer_norm_eps),
      fc1(weights["mlp"]["fc1"], config.hidden_size, config.intermediate_size),
      fc2(weights["mlp"]["fc2"], config.intermediate_size, config.hidden_size) {}

ClipEncoder::ClipEncoder(const ClipConfig& config, const Weights& weights)
    : config_(checked(config)),
      tokens_(weights["text_model"]["embeddings"]["token_embedding"].take(
          "weight", {config.vocab_size, config.hidden_size})),
      positions_(weights["text_model"]["embeddings"]["position_embedding"].take(
          "weight", {config.max_positions, config.hidden_size})),
      final_norm_(weights["text_model"]["final_layer_norm"], config.hidden_size,
                  config.layer_norm_eps) {
  for (std::int64_t i = 0; i < config.layers; ++i)
    layers_.emplace_back(weights["text_model"]["encoder"]["layers"][i], config_);
  if (config.projection_dim > 0)
    projection_.emplace(weights["text_projection"], config.hidden_size, config.projection_dim,
                        false);
}

Tensor ClipEncoder::embedded(const Tensor& ids) const {
  if (ids.dim() != 2 || ids.numel() == 0 || ids.size(1) > config_.max_positions)
    throw ShapeError(text("clip: expected ids [M, L] of at most ", config_.max_positions,
                          " tokens, got ", describe(ids)));
  const auto [low, high] = at::aminmax(ids);
  const std::int64_t least = low.item<std::int64_t>(), most = high.item<std::int64_t>();
  if (least < 0 || most >= config_.vocab_size)
    throw NotSupportedError(text("clip: expected ids in 0 .. ", config_.vocab_size - 1, ", got ",
                                 least < 0 ? least : most));
  return at::embedding(tokens_, ids) + positions_.narrow(0, 0, ids.size(1));
}

Tensor ClipEncoder::through(const Layer& layer, const Tensor& x) const {
  const std::int64_t length = x.size(1);
  // A token sees itself and those before it.
  const Tensor mask = at::full({length, length}, -INFINITY, x.options()).triu(1);
  const Tensor n = layer.norm1(x);
  const Tensor mixed =
      attention(split_heads(layer.q(n), config_.heads), split_heads(layer.k(n), config_.heads),
                split_heads(layer.v(n), config_.heads), {}, mask);
  const Tensor y = x + layer.out(join_heads(mixed));
  const Tensor wide = layer.fc1(layer.norm2(y));
  const bool quick = config_.activation == "quick_gelu";
  return y + layer.fc2(quick ? wide * at::sigmoid(1.702 * wide) : at::gelu(wide));
}

Tensor ClipEncoder::hidden_states(const Tensor& ids) const {
  Tensor x = embedded(ids);
  for (std::size_t i = 0; i + 1 < layers_.size(); ++i) x = through(layers_[i], x);
  return x;
}

Tensor ClipEncoder::at_end(const Tensor& ids, const Tensor& last) const {
  const Tensor is_end = ids.eq(config_.eos_token_id);
  if (!is_end.any(1).all().item<bool>())
    throw NotSupportedError(
        text("clip: a text without the token ", config_.eos_token_id, " that ends it"));
  const Tensor first = is_end.to(at::kInt).argmax(1);
  const Tensor there = last.index({at::arange(ids.size(0), first.options()), first});
  return projection_ ? (*projection_)(there) : there;
}

Tensor ClipEncoder::pooled(const Tensor& ids, const Tensor& hidden_states) const {
  return at_end(ids, final_norm_(through(layers_.back(), hidden_states)));
}

Tensor ClipEncoder::ids_of(const NamedTensors& inputs) const {
  return input_of(inputs, "input_ids", {-1, -1}, {at::kLong, placement().device});
}

NamedTensors ClipEncoder::run(const NamedTensors& inputs) const {
  const Tensor ids = ids_of(inputs), hidden = hidden_states(ids);
  const Tensor last = final_norm_(through(layers_.back(), hidden));
  return {{"hidden_states", hidden}, {"last_hidden_state", last}, {"pooled", at_end(ids, last)}};
}

std::vector<std::string> ClipEncoder::blocks() const {
  std::vector<std::string> out = {"embeddings"};
  for (std::size_t i = 0; i < layers_.size(); ++i) out.push_back(text("layers.", i));
  out.push_back("pooler");
  return out;
}

NamedTensors ClipEncoder::run_block(const std::string& name, const NamedTensors& inputs) const {
  if (name == "embeddings") return {{"hidden_states", embedded(ids_of(inputs))}};
  const auto hidden = [&](const Shape& expected) {
    return input_of(inputs, "hidden_states", expected, placement());
  };
  if (name == "pooler") {
    const Tensor ids = ids_of(inputs);
    const Tensor last = final_norm_(hidden({ids.size(0), ids.size(1), config_.hidden_size}));
    return {{"last_hidden_state", last}, {"pooled", at_end(ids, last)}};
  }
  for (std::size_t i = 0; i < layers_.size(); ++i)
    if (name == text("layers.", i))
      return {{"hidden_states", through(layers_[i], hidden({-1, -1, config_.hidden_size}))}};
  throw NotSupportedError(text("clip has no block ", name));
}

const Architecture& clip_l_architecture() {
  static const Architecture made =
      architecture("clip_l", "the smaller text encoder of SDXL, CLIP ViT-L", {}, clip_l_schemes());
  return made;
}

const Architecture& clip_bigg_architecture() {
  static const Architecture made =
      architecture("clip_bigg", "the larger text encoder of SDXL, OpenCLIP ViT-bigG",
                   clip_bigg_config(), clip_bigg_schemes());
  return made;
}

}  // namespace lvtino::nn
