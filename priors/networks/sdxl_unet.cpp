#include "priors/networks/sdxl_unet.hpp"

#include "lvtino/core/error.hpp"
#include "priors/networks/sdxl_naming.hpp"

namespace lvtino::nn {
namespace {

constexpr double kEpsilon = 1e-5;
constexpr std::int64_t kSizes = 6;

/// Why a configuration cannot be, or nothing.
std::string defect(const SdxlUnetConfig& config) {
  const std::size_t levels = config.block_out_channels.size();
  if (config.transformer_layers.size() != levels || config.heads.size() != levels)
    return text("block_out_channels, transformer_layers and heads must have an entry a level, got ",
                levels, ", ", config.transformer_layers.size(), " and ", config.heads.size());
  for (std::size_t i = 0; i < levels; ++i) {
    const std::int64_t channels = config.block_out_channels[i];
    if (channels % config.norm_num_groups != 0 || channels % config.heads[i] != 0)
      return text("level ", i, ": ", channels, " channels do not divide into ",
                  config.norm_num_groups, " groups and ", config.heads[i], " heads");
  }
  if (config.block_out_channels[0] % 2 != 0 || config.addition_time_embed_dim % 2 != 0)
    return "the first level's channels and addition_time_embed_dim must be even";
  if (config.pooled_features() < 1)
    return text("projection_input_dim must be above 6 addition_time_embed_dim = ",
                kSizes * config.addition_time_embed_dim, ", got ", config.projection_input_dim);
  return "";
}

const SdxlUnetConfig& checked(const SdxlUnetConfig& config) {
  const std::string why = defect(config);
  if (!why.empty()) throw ShapeError("sdxl_unet: " + why);
  return config;
}

std::int64_t embedding_features(const SdxlUnetConfig& config) {
  return 4 * config.block_out_channels[0];
}

}  // namespace

SdxlUnetConfig read_sdxl_unet_config(const SpecReader& config) {
  SdxlUnetConfig c;
  const auto one = [&](std::string_view key, std::string_view doc, std::int64_t& value) {
    value = config.integer(key, {.doc = doc, .fallback = value, .low = 1, .high = 1 << 20});
  };
  one("in_channels", "channels of the noisy latent", c.in_channels);
  one("out_channels", "channels of the noise", c.out_channels);
  c.block_out_channels =
      integers_of(config, "block_out_channels", "features of each level", c.block_out_channels, 1);
  c.transformer_layers = integers_of(config, "transformer_layers",
                                     "transformer blocks of each level", c.transformer_layers, 0);
  c.heads = integers_of(config, "heads", "attention heads of each level", c.heads, 1);
  one("layers_per_block", "residual blocks of a level", c.layers_per_block);
  one("cross_attention_dim", "features of the prompt", c.cross_attention_dim);
  one("norm_num_groups", "groups of the group normalisation", c.norm_num_groups);
  one("addition_time_embed_dim", "features of a size", c.addition_time_embed_dim);
  one("projection_input_dim", "features of all sizes and the pooled prompt",
      c.projection_input_dim);
  const std::string why = defect(c);
  if (!why.empty()) throw config.error("", why);
  return c;
}

SdxlUnet::SdxlUnet(const SdxlUnetConfig& config, const Weights& weights)
    : config_(checked(config)),
      conv_in_(weights["conv_in"], config.in_channels, config.block_out_channels[0], 3, 1, 1),
      time1_(weights["time_embedding"]["linear_1"], config.block_out_channels[0],
             embedding_features(config)),
      time2_(weights["time_embedding"]["linear_2"], embedding_features(config),
             embedding_features(config)),
      add1_(weights["add_embedding"]["linear_1"], config.projection_input_dim,
            embedding_features(config)),
      add2_(weights["add_embedding"]["linear_2"], embedding_features(config),
            embedding_features(config)),
      norm_out_(weights["conv_norm_out"], config.norm_num_groups, config.block_out_channels[0],
                kEpsilon),
      conv_out_(weights["conv_out"], config.block_out_channels[0], config.out_channels, 3, 1, 1) {
  const std::size_t levels = config.block_out_channels.size();
  for (std::size_t i = 0; i < levels; ++i) stages_.push_back(down_stage(weights, i));
  stages_.push_back(mid_stage(weights));
  for (std::size_t i = 0; i < levels; ++i) stages_.push_back(up_stage(weights, i));
}

SdxlUnet::Stage SdxlUnet::down_stage(const Weights& weights, std::size_t level) const {
  const auto& channels = config_.block_out_channels;
  const std::int64_t out = channels[level];
  const Weights here = weights["down_blocks"][std::int64_t(level)];
  Stage stage{text("down_blocks.", level), {}, {}, {}};
  for (std::int64_t j = 0; j < config_.layers_per_block; ++j) {
    const std::int64_t in = j > 0 ? out : channels[level > 0 ? level - 1 : 0];
    stage.resnets.emplace_back(here["resnets"][j], in, out, config_.norm_num_groups, kEpsilon,
                               embedding_features(config_));
    if (config_.transformer_layers[level] > 0)
      stage.attentions.emplace_back(here["attentions"][j], out, config_.heads[level],
                                    config_.transformer_layers[level], config_.cross_attention_dim,
                                    config_.norm_num_groups);
  }
  if (level + 1 < channels.size())
    stage.resample.emplace(here["downsamplers"][0]["conv"], out, out, 3, 2, 1);
  return stage;
}

SdxlUnet::Stage SdxlUnet::mid_stage(const Weights& weights) const {
  const std::int64_t channels = config_.block_out_channels.back();
  Stage stage{"mid_block", {}, {}, {}};
  for (std::int64_t j = 0; j < 2; ++j)
    stage.resnets.emplace_back(weights["mid_block"]["resnets"][j], channels, channels,
                               config_.norm_num_groups, kEpsilon, embedding_features(config_));
  if (config_.transformer_layers.back() > 0)
    stage.attentions.emplace_back(weights["mid_block"]["attentions"][0], channels,
                                  config_.heads.back(), config_.transformer_layers.back(),
                                  config_.cross_attention_dim, config_.norm_num_groups);
  return stage;
}

SdxlUnet::Stage SdxlUnet::up_stage(const Weights& weights, std::size_t level) const {
  const auto& channels = config_.block_out_channels;
  const std::size_t mirrored = channels.size() - 1 - level;
  const std::int64_t out = channels[mirrored];
  const std::int64_t from = channels[level == 0 ? mirrored : mirrored + 1];
  const std::int64_t outermost = channels[mirrored > 0 ? mirrored - 1 : 0];
  const Weights here = weights["up_blocks"][std::int64_t(level)];
  Stage stage{text("up_blocks.", level), {}, {}, {}};
  for (std::int64_t j = 0; j <= config_.layers_per_block; ++j) {
    const std::int64_t skip = j == config_.layers_per_block ? outermost : out;
    stage.resnets.emplace_back(here["resnets"][j], (j == 0 ? from : out) + skip, out,
                               config_.norm_num_groups, kEpsilon, embedding_features(config_));
    if (config_.transformer_layers[mirrored] > 0)
      stage.attentions.emplace_back(here["attentions"][j], out, config_.heads[mirrored],
                                    config_.transformer_layers[mirrored],
                                    config_.cross_attention_dim, config_.norm_num_groups);
  }
  if (mirrored > 0) stage.resample.emplace(here["upsamplers"][0]["conv"], out, out, 3, 1, 1);
  return stage;
}

SdxlUnet::StageContext SdxlUnet::context_of(const Stage& stage, const Tensor& prompt) {
  StageContext out;
  for (const SpatialTransformer& attention : stage.attentions)
    out.push_back(attention.prompt(prompt));
  return out;
}

Tensor SdxlUnet::down(const Stage& stage, Tensor x, const Tensor& emb, const StageContext& context,
                      std::vector<Tensor>& skips) {
  for (std::size_t j = 0; j < stage.resnets.size(); ++j) {
    x = stage.resnets[j](x, emb);
    if (!stage.attentions.empty()) x = stage.attentions[j](x, context.at(j));
    skips.push_back(x);
  }
  if (stage.resample) skips.push_back(x = (*stage.resample)(x));
  return x;
}

Tensor SdxlUnet::middle(const Stage& stage, Tensor x, const Tensor& emb,
                        const StageContext& context) {
  x = stage.resnets[0](x, emb);
  if (!stage.attentions.empty()) x = stage.attentions[0](x, context.at(0));
  return stage.resnets[1](x, emb);
}

Tensor SdxlUnet::up(const Stage& stage, Tensor x, const Tensor& emb, const StageContext& context,
                    std::vector<Tensor>& skips, const std::optional<Shape>& size) {
  for (std::size_t j = 0; j < stage.resnets.size(); ++j) {
    x = at::cat({x, skips.back()}, 1);
    skips.pop_back();
    x = stage.resnets[j](x, emb);
    if (!stage.attentions.empty()) x = stage.attentions[j](x, context.at(j));
  }
  if (!stage.resample) return x;
  const Shape twice = {2 * x.size(2), 2 * x.size(3)};
  return (*stage.resample)(at::upsample_nearest2d(x, size.value_or(twice)));
}

Tensor SdxlUnet::added(const SdxlPrompt& prompt) const {
  const std::int64_t m = prompt.pooled.size(0);
  const Tensor sizes = sinusoid(prompt.time_ids.flatten(), config_.addition_time_embed_dim / 2);
  const Tensor vector = at::cat({prompt.pooled, sizes.view({m, -1}).to(placement().options())}, 1);
  return add2_(silu_in_place(add1_(vector)));
}

Tensor SdxlUnet::embedding(double t, const Tensor& added) const {
  const Tensor time = at::full({1}, t, at::TensorOptions().dtype(at::kDouble));
  const Tensor waves = sinusoid(time, config_.block_out_channels[0] / 2).to(placement().options());
  return silu_in_place(time2_(silu_in_place(time1_(waves))) + added);
}

SdxlContext SdxlUnet::context(const SdxlPrompt& prompt) const {
  const NamedTensors inputs = {{"encoder_hidden_states", prompt.embeddings},
                               {"text_embeds", prompt.pooled},
                               {"time_ids", prompt.time_ids}};
  const SdxlPrompt own = prompt_of(inputs);
  SdxlContext out;
  for (const Stage& stage : stages_) out.stages.push_back(context_of(stage, own.embeddings));
  out.added = added(own);
  return out;
}

Tensor SdxlUnet::time(double t, const SdxlContext& context) const {
  return embedding(t, context.added);
}

Tensor SdxlUnet::epsilon(const Tensor& x, const Tensor& time, const SdxlContext& context) const {
  if (x.dim() != 4 || x.size(1) != config_.in_channels || x.numel() == 0)
    throw ShapeError(text("sdxl_unet: expected a latent [M, ", config_.in_channels, ", h, w], got ",
                          describe(x)));
  if (placement_of(x) != placement())
    throw PlacementError(
        text("sdxl_unet: expected a latent in ", to_string(placement()), ", got ", describe(x)));
  const std::int64_t prompts = context.added.size(0);
  if (context.stages.size() != stages_.size() || (prompts != 1 && prompts != x.size(0)))
    throw ShapeError(text("sdxl_unet: expected the context of one prompt or of ", x.size(0),
                          ", got ", prompts, " in ", context.stages.size(), " stages"));
  if (time.dim() != 2 || time.size(0) != prompts)
    throw ShapeError(
        text("sdxl_unet: expected the time of ", prompts, " prompts, got ", describe(time)));
  const std::size_t levels = config_.block_out_channels.size();
  Tensor h = conv_in_(x);
  std::vector<Tensor> skips = {h};
  for (std::size_t i = 0; i < levels; ++i)
    h = down(stages_[i], std::move(h), time, context.stages[i], skips);
  h = middle(stages_[levels], std::move(h), time, context.stages[levels]);
  for (std::size_t i = levels + 1; i < stages_.size(); ++i) {
    // To the size that comes next on the way up: odd where the way down halved an odd one.
    std::optional<Shape> size;
    if (stages_[i].resample) {
      const Tensor& next = skips.at(skips.size() - 1 - stages_[i].resnets.size());
      size = {next.size(2), next.size(3)};
    }
    h = up(stages_[i], std::move(h), time, context.stages[i], skips, size);
  }
  return conv_out(h).contiguous();
}

Tensor SdxlUnet::conv_out(const Tensor& x) const { return conv_out_(norm_out_.silu(x)); }

SdxlPrompt SdxlUnet::prompt_of(const NamedTensors& inputs) const {
  SdxlPrompt out;
  out.embeddings =
      input_of(inputs, "encoder_hidden_states", {-1, -1, config_.cross_attention_dim}, placement());
  const std::int64_t m = out.embeddings.size(0);
  out.pooled = input_of(inputs, "text_embeds", {m, config_.pooled_features()}, placement());
  // Not rounded to the weights' dtype: sizes are numbers, not features.
  out.time_ids = input_of(inputs, "time_ids", {m, kSizes}, {at::kDouble, placement().device});
  return out;
}

NamedTensors SdxlUnet::run(const NamedTensors& inputs) const {
  const Tensor t = input_of(inputs, "timestep", {1}, {at::kDouble});
  const Tensor x = input_of(inputs, "sample", {-1, config_.in_channels, -1, -1}, placement());
  return {{"epsilon", epsilon(x, t.item<double>(), context(prompt_of(inputs)))}};
}

std::vector<std::string> SdxlUnet::blocks() const {
  std::vector<std::string> out = {"time_embedding", "conv_in"};
  for (const Stage& stage : stages_) out.push_back(stage.name);
  out.push_back("conv_out");
  return out;
}

NamedTensors SdxlUnet::run_block(const std::string& name, const NamedTensors& inputs) const {
  const auto get = [&](const char* what, const Shape& shape) {
    return input_of(inputs, what, shape, placement());
  };
  if (name == "conv_in")
    return {{"hidden_states", conv_in_(get("sample", {-1, config_.in_channels, -1, -1}))}};
  if (name == "conv_out")
    return {
        {"epsilon", conv_out(get("hidden_states", {-1, config_.block_out_channels[0], -1, -1}))}};
  if (name == "time_embedding") {
    const double t = input_of(inputs, "timestep", {1}, {at::kDouble}).item<double>();
    NamedTensors all = inputs;
    // The embedding does not look at the prompt's tokens.
    all["encoder_hidden_states"] =
        at::zeros({get("text_embeds", {-1, -1}).size(0), 1, config_.cross_attention_dim});
    return {{"emb", embedding(t, added(prompt_of(all)))}};
  }
  const auto stage =
      std::find_if(stages_.begin(), stages_.end(), [&](const Stage& s) { return s.name == name; });
  if (stage == stages_.end())
    throw NotSupportedError(text("sdxl_unet has no block ", name, "; it has down_blocks.0 .. ",
                                 config_.block_out_channels.size() - 1, ", mid_block and others"));
  const Tensor x = get("hidden_states", {-1, -1, -1, -1});
  const Tensor emb = get("emb", {-1, embedding_features(config_)});
  const StageContext context =
      context_of(*stage, get("encoder_hidden_states", {-1, -1, config_.cross_attention_dim}));
  std::vector<Tensor> skips;
  if (name == "mid_block") return {{"hidden_states", middle(*stage, x, emb, context)}};
  NamedTensors out;
  if (name[0] == 'd') {
    out["hidden_states"] = down(*stage, x, emb, context, skips);
    for (std::size_t i = 0; i < skips.size(); ++i) out[text("skip.", i)] = skips[i];
  } else {
    for (std::size_t i = 0; i < stage->resnets.size(); ++i)
      skips.push_back(input_of(inputs, text("skip.", i), {-1, -1, -1, -1}, placement()));
    std::optional<Shape> size;
    if (inputs.count("upsample_size")) {
      const Tensor given = input_of(inputs, "upsample_size", {2}, {at::kLong});
      size = {given[0].item<std::int64_t>(), given[1].item<std::int64_t>()};
    }
    out["hidden_states"] = up(*stage, x, emb, context, skips, size);
  }
  return out;
}

const Architecture& sdxl_unet_architecture() {
  static const Architecture architecture = {
      "sdxl_unet", "the U-net of SDXL, which DMD2 distils: the noise in an image latent",
      [](const SpecReader& config, const Weights& weights) -> std::unique_ptr<Network> {
        return std::make_unique<SdxlUnet>(read_sdxl_unet_config(config), weights);
      },
      sdxl_unet_schemes()};
  return architecture;
}

}  // namespace lvtino::nn
