#include "priors/networks/sdxl_vae.hpp"

#include "lvtino/core/error.hpp"
#include "priors/networks/sdxl_naming.hpp"

namespace lvtino::nn {
namespace {

constexpr double kEpsilon = 1e-6;

std::string defect(const SdxlVaeConfig& config) {
  for (const std::int64_t channels : config.block_out_channels)
    if (channels % config.norm_num_groups != 0)
      return text(channels, " channels do not divide into ", config.norm_num_groups, " groups");
  return "";
}

const SdxlVaeConfig& valid(const SdxlVaeConfig& config) {
  const std::string why = defect(config);
  if (!why.empty()) throw ShapeError("sdxl_vae: " + why);
  return config;
}

/// `map` of `at_once` images after the other.
template <class Map>
Tensor in_batches(const Tensor& images, std::int64_t at_once, const Map& map) {
  if (at_once < 0) throw ShapeError(text("sdxl_vae: expected images at once >= 0, got ", at_once));
  if (at_once == 0 || at_once >= images.size(0)) return map(images);
  std::vector<Tensor> out;
  for (const Tensor& batch : images.split(at_once)) out.push_back(map(batch));
  return at::cat(out);
}

}  // namespace

SdxlVaeConfig read_sdxl_vae_config(const SpecReader& config) {
  SdxlVaeConfig c;
  const auto one = [&](std::string_view key, std::string_view doc, std::int64_t& value) {
    value = config.integer(key, {.doc = doc, .fallback = value, .low = 1, .high = 1 << 20});
  };
  one("in_channels", "channels of the images that are encoded", c.in_channels);
  one("out_channels", "channels of the decoded images", c.out_channels);
  one("latent_channels", "channels of the latents", c.latent_channels);
  c.block_out_channels =
      integers_of(config, "block_out_channels", "features of each level", c.block_out_channels, 1);
  one("layers_per_block", "residual blocks of a level of the encoder", c.layers_per_block);
  one("norm_num_groups", "groups of the group normalisation", c.norm_num_groups);
  c.scaling_factor = config.number("scaling_factor", {.doc = "latents are the means times this",
                                                      .fallback = c.scaling_factor,
                                                      .low = 0,
                                                      .above_low = true});
  const std::string why = defect(c);
  if (!why.empty()) throw config.error("", why);
  return c;
}

SdxlVae::Middle::Middle(const Weights& weights, std::int64_t channels, std::int64_t groups)
    : first(weights["resnets"][0], channels, channels, groups, kEpsilon),
      norm(weights["attentions"][0]["group_norm"], groups, channels, kEpsilon),
      q(weights["attentions"][0]["to_q"], channels, channels),
      k(weights["attentions"][0]["to_k"], channels, channels),
      v(weights["attentions"][0]["to_v"], channels, channels),
      out(weights["attentions"][0]["to_out"][0], channels, channels),
      last(weights["resnets"][1], channels, channels, groups, kEpsilon) {}

Tensor SdxlVae::Middle::operator()(const Tensor& x) const {
  const Tensor y = first(x);
  const Tensor tokens = norm(y).flatten(2).transpose(1, 2);
  // One head of all features.
  const Tensor mixed =
      attention_in_parts(q(tokens).unsqueeze(1), k(tokens).unsqueeze(1), v(tokens).unsqueeze(1));
  return last(out(mixed.squeeze(1)).transpose(1, 2).reshape(y.sizes()) + y);
}

SdxlVae::SdxlVae(const SdxlVaeConfig& config, const Weights& weights)
    : config_(valid(config)),
      encoder_in_(weights["encoder"]["conv_in"], config.in_channels, outermost(), 3, 1, 1),
      encoder_middle_(weights["encoder"]["mid_block"], innermost(), config.norm_num_groups),
      encoder_norm_(weights["encoder"]["conv_norm_out"], config.norm_num_groups, innermost(),
                    kEpsilon),
      encoder_out_(weights["encoder"]["conv_out"], innermost(), 2 * config.latent_channels, 3, 1,
                   1),
      quant_(weights["quant_conv"], 2 * config.latent_channels, 2 * config.latent_channels, 1),
      post_quant_(weights["post_quant_conv"], config.latent_channels, config.latent_channels, 1),
      decoder_in_(weights["decoder"]["conv_in"], config.latent_channels, innermost(), 3, 1, 1),
      decoder_middle_(weights["decoder"]["mid_block"], innermost(), config.norm_num_groups),
      decoder_norm_(weights["decoder"]["conv_norm_out"], config.norm_num_groups, outermost(),
                    kEpsilon),
      decoder_out_(weights["decoder"]["conv_out"], outermost(), config.out_channels, 3, 1, 1) {
  const auto& channels = config_.block_out_channels;
  const std::size_t levels = channels.size();
  const auto stage = [&](const Weights& at, std::string name, std::int64_t in, std::int64_t out,
                         std::int64_t layers) {
    Stage made{std::move(name), {}, {}};
    for (std::int64_t j = 0; j < layers; ++j)
      made.resnets.emplace_back(at["resnets"][j], j == 0 ? in : out, out, config_.norm_num_groups,
                                kEpsilon);
    return made;
  };
  for (std::size_t i = 0; i < levels; ++i) {
    const Weights at = weights["encoder"]["down_blocks"][std::int64_t(i)];
    const std::int64_t out = channels[i];
    down_.push_back(stage(at, text("encoder.down_blocks.", i), channels[i > 0 ? i - 1 : 0], out,
                          config_.layers_per_block));
    if (i + 1 < levels)
      down_.back().resample.emplace(at["downsamplers"][0]["conv"], out, out, 3, 2);
  }
  for (std::size_t i = 0; i < levels; ++i) {
    const Weights at = weights["decoder"]["up_blocks"][std::int64_t(i)];
    const std::int64_t out = channels[levels - 1 - i];
    up_.push_back(stage(at, text("decoder.up_blocks.", i),
                        channels[std::min(levels - 1, levels - i)], out,
                        config_.layers_per_block + 1));
    if (i + 1 < levels) up_.back().resample.emplace(at["upsamplers"][0]["conv"], out, out, 3, 1, 1);
  }
}

Tensor SdxlVae::down(const Stage& stage, Tensor x) {
  for (const ResnetBlock2d& resnet : stage.resnets) x = resnet(x);
  // The border grows on the right and at the bottom alone.
  return stage.resample ? (*stage.resample)(at::constant_pad_nd(x, {0, 1, 0, 1})) : x;
}

Tensor SdxlVae::up(const Stage& stage, Tensor x) {
  for (const ResnetBlock2d& resnet : stage.resnets) x = resnet(x);
  if (!stage.resample) return x;
  return (*stage.resample)(at::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)}));
}

Tensor SdxlVae::encoder_out(const Tensor& x) const {
  return quant_(encoder_out_(encoder_norm_.silu(x)));
}

Tensor SdxlVae::decoder_out(const Tensor& x) const { return decoder_out_(decoder_norm_.silu(x)); }

Tensor SdxlVae::moments(const Tensor& images) const {
  Tensor x = encoder_in_(images);
  for (const Stage& stage : down_) x = down(stage, std::move(x));
  return encoder_out(encoder_middle_(x));
}

Tensor SdxlVae::reconstruction(const Tensor& z) const {
  Tensor x = decoder_middle_(decoder_in(z));
  for (const Stage& stage : up_) x = up(stage, std::move(x));
  return decoder_out(x);
}

Tensor SdxlVae::checked(const Tensor& x, std::int64_t channels, std::int64_t multiple) const {
  if (x.dim() != 4 || x.size(1) != channels || x.numel() == 0 || x.size(2) % multiple != 0 ||
      x.size(3) % multiple != 0)
    throw ShapeError(text("sdxl_vae: expected [M, ", channels, ", H, W] with H and W multiples of ",
                          multiple, ", got ", describe(x)));
  if (placement_of(x) != placement())
    throw PlacementError(
        text("sdxl_vae: expected ", to_string(placement()), ", got ", describe(x)));
  return x;
}

Tensor SdxlVae::encode(const Tensor& images, std::int64_t at_once) const {
  return in_batches(checked(images, config_.in_channels, config_.factor()), at_once,
                    [&](const Tensor& x) {
                      const Tensor mean = moments(x).narrow(1, 0, config_.latent_channels);
                      return (mean * config_.scaling_factor).contiguous();
                    });
}

Tensor SdxlVae::decode(const Tensor& latents, std::int64_t at_once) const {
  return in_batches(checked(latents, config_.latent_channels, 1), at_once, [&](const Tensor& z) {
    return reconstruction(z / config_.scaling_factor).contiguous();
  });
}

NamedTensors SdxlVae::run(const NamedTensors& inputs) const {
  NamedTensors out;
  if (inputs.count("latent") || !inputs.count("image"))
    out["image"] =
        decode(input_of(inputs, "latent", {-1, config_.latent_channels, -1, -1}, placement()));
  if (inputs.count("image")) {
    const Tensor both =
        moments(checked(input_of(inputs, "image", {-1, config_.in_channels, -1, -1}, placement()),
                        config_.in_channels, config_.factor()));
    out["mean"] = both.narrow(1, 0, config_.latent_channels).contiguous();
    out["logvar"] = both.narrow(1, config_.latent_channels, config_.latent_channels).contiguous();
    out["latent"] = out["mean"] * config_.scaling_factor;
  }
  return out;
}

std::vector<std::string> SdxlVae::blocks() const {
  std::vector<std::string> out = {"encoder.conv_in"};
  for (const Stage& stage : down_) out.push_back(stage.name);
  for (const char* name :
       {"encoder.mid_block", "encoder.conv_out", "decoder.conv_in", "decoder.mid_block"})
    out.push_back(name);
  for (const Stage& stage : up_) out.push_back(stage.name);
  out.push_back("decoder.conv_out");
  return out;
}

NamedTensors SdxlVae::run_block(const std::string& name, const NamedTensors& inputs) const {
  const auto from = [&](std::int64_t channels) {
    return input_of(inputs, "hidden_states", {-1, channels, -1, -1}, placement());
  };
  const auto to = [](const Tensor& x) { return NamedTensors{{"hidden_states", x}}; };
  if (name == "encoder.conv_in") return to(encoder_in_(from(config_.in_channels)));
  if (name == "encoder.mid_block") return to(encoder_middle_(from(innermost())));
  if (name == "encoder.conv_out") return to(encoder_out(from(innermost())));
  if (name == "decoder.conv_in") return to(decoder_in(from(config_.latent_channels)));
  if (name == "decoder.mid_block") return to(decoder_middle_(from(innermost())));
  if (name == "decoder.conv_out") return to(decoder_out(from(outermost())));
  for (const Stage& stage : down_)
    if (stage.name == name) return to(down(stage, from(-1)));
  for (const Stage& stage : up_)
    if (stage.name == name) return to(up(stage, from(-1)));
  throw NotSupportedError(text("sdxl_vae has no block ", name));
}

const Architecture& sdxl_vae_architecture() {
  static const Architecture architecture = {
      "sdxl_vae", "the image autoencoder of SDXL",
      [](const SpecReader& config, const Weights& weights) -> std::unique_ptr<Network> {
        return std::make_unique<SdxlVae>(read_sdxl_vae_config(config), weights);
      },
      sdxl_vae_schemes()};
  return architecture;
}

}  // namespace lvtino::nn
