#pragma once

#include "priors/networks/sdxl_blocks.hpp"
#include "priors/nn/network.hpp"

namespace lvtino::nn {

/// The image autoencoder of SDXL (Rombach et al., "High-resolution image synthesis with latent
/// diffusion models", CVPR 2022), 8 x 8 pixels a latent one. The defaults are the published
/// network's.
struct SdxlVaeConfig {
  std::int64_t in_channels = 3, out_channels = 3, latent_channels = 4;
  std::vector<std::int64_t> block_out_channels = {128, 256, 512, 512};
  std::int64_t layers_per_block = 2;  ///< of the encoder; the decoder has one more
  std::int64_t norm_num_groups = 32;
  double scaling_factor = 0.13025;  ///< latents are the encoder's means times this
  /// Pixels along an axis a latent one.
  std::int64_t factor() const { return std::int64_t(1) << (block_out_channels.size() - 1); }
};

/// Throws SpecError.
SdxlVaeConfig read_sdxl_vae_config(const SpecReader& config);

/// Immutable. Images in [-1, 1], nothing is clamped. Images of a batch do not touch; `at_once` of
/// them (0: all) are computed together, which decides the memory and not the result.
///
/// As a Network: input "image" [M, 3, H, W] gives "latent" [M, 4, H / 8, W / 8] and "mean",
/// "logvar" before the scaling; input "latent" gives "image"; both may be given. Blocks:
/// "encoder.conv_in", "encoder.down_blocks.I", "encoder.mid_block", "encoder.conv_out" (to mean and
/// log variance side by side), "decoder.conv_in" (from the latent divided by the scaling),
/// "decoder.mid_block", "decoder.up_blocks.I", "decoder.conv_out": each from "hidden_states" to
/// "hidden_states".
class SdxlVae final : public Network {
 public:
  SdxlVae(const SdxlVaeConfig& config, const Weights& weights);

  /// The latent of images [M, 3, H, W], H and W multiples of `factor`: the mean, scaled. Throws
  /// ShapeError, PlacementError.
  Tensor encode(const Tensor& images, std::int64_t at_once = 0) const;
  /// The images of latents [M, 4, h, w].
  Tensor decode(const Tensor& latents, std::int64_t at_once = 0) const;

  NamedTensors run(const NamedTensors& inputs) const override;
  std::vector<std::string> blocks() const override;
  NamedTensors run_block(const std::string& name, const NamedTensors& inputs) const override;

  const SdxlVaeConfig& config() const { return config_; }

 private:
  struct Stage {
    std::string name;
    std::vector<ResnetBlock2d> resnets;
    std::optional<Convolution2d> resample;
  };
  struct Middle {
    Middle(const Weights& weights, std::int64_t channels, std::int64_t groups);
    Tensor operator()(const Tensor& x) const;
    ResnetBlock2d first;
    GroupNorm norm;
    Linear q, k, v, out;
    ResnetBlock2d last;
  };

  Tensor moments(const Tensor& images) const;
  Tensor reconstruction(const Tensor& z) const;
  static Tensor down(const Stage& stage, Tensor x);
  static Tensor up(const Stage& stage, Tensor x);
  Tensor encoder_out(const Tensor& x) const;
  Tensor decoder_in(const Tensor& z) const { return decoder_in_(post_quant_(z)); }
  Tensor decoder_out(const Tensor& x) const;
  Tensor checked(const Tensor& x, std::int64_t channels, std::int64_t multiple) const;
  Placement placement() const { return placement_of(encoder_middle_.q.weight()); }
  std::int64_t innermost() const { return config_.block_out_channels.back(); }
  std::int64_t outermost() const { return config_.block_out_channels.front(); }

  SdxlVaeConfig config_;
  Convolution2d encoder_in_;
  std::vector<Stage> down_;
  Middle encoder_middle_;
  GroupNorm encoder_norm_;
  Convolution2d encoder_out_, quant_, post_quant_, decoder_in_;
  Middle decoder_middle_;
  std::vector<Stage> up_;
  GroupNorm decoder_norm_;
  Convolution2d decoder_out_;
};

/// "sdxl_vae".
const Architecture& sdxl_vae_architecture();

}  // namespace lvtino::nn
