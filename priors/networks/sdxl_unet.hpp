#pragma once

#include "priors/networks/sdxl_blocks.hpp"
#include "priors/networks/sdxl_transformer.hpp"
#include "priors/nn/network.hpp"

namespace lvtino::nn {

/// The U-net of SDXL (Podell et al., "SDXL: improving latent diffusion models for high-resolution
/// image synthesis", ICLR 2024), which DMD2 distils. One entry a level where there are several; the
/// defaults are the published network's.
struct SdxlUnetConfig {
  std::int64_t in_channels = 4, out_channels = 4;
  std::vector<std::int64_t> block_out_channels = {320, 640, 1280};
  std::vector<std::int64_t> transformer_layers = {0, 2, 10};  ///< the middle has the last number
  std::vector<std::int64_t> heads = {5, 10, 20};
  std::int64_t layers_per_block = 2;  ///< on the way down; one more on the way up
  std::int64_t cross_attention_dim = 2048;
  std::int64_t norm_num_groups = 32;
  std::int64_t addition_time_embed_dim = 256;  ///< features of each of the six size numbers
  std::int64_t projection_input_dim = 2816;    ///< those and the pooled prompt
  std::int64_t pooled_features() const {
    return projection_input_dim - 6 * addition_time_embed_dim;
  }
};

/// Throws SpecError.
SdxlUnetConfig read_sdxl_unet_config(const SpecReader& config);

/// What images are conditioned on; m = 1 for one prompt that all images of a batch share.
struct SdxlPrompt {
  Tensor embeddings;  ///< [m, tokens, cross_attention_dim]: both encoders' features side by side
  Tensor pooled;      ///< [m, pooled_features]: of the second encoder
  Tensor time_ids;    ///< [m, 6]: height, width, crop top, crop left, target height, target width
};

/// What a prompt and a size amount to inside the network, computed once.
struct SdxlContext {
  /// Keys and values by stage (down, middle, up), transformer and block.
  std::vector<std::vector<std::vector<KeyValue>>> stages;
  Tensor added;  ///< embedding of size and pooled prompt [m, features]
};

/// Immutable. Computes in the dtype and on the device of its weights; time and size sinusoids in
/// float64.
///
/// As a Network: inputs "sample" [M, in, h, w], "timestep" [1], "encoder_hidden_states"
/// [1 or M, tokens, features], "text_embeds" [1 or M, pooled], "time_ids" [1 or M, 6]; output
/// "epsilon" [M, out, h, w]. Blocks in order: "time_embedding" (the last four inputs without the
/// hidden states; output "emb"), "conv_in" ("sample" to "hidden_states"), "down_blocks.I",
/// "mid_block", "up_blocks.I" ("hidden_states", "emb", "encoder_hidden_states", on the way up also
/// "skip.0" .. in the order in which the way down made them, and "upsample_size" [2] where the size
/// does not double; outputs "hidden_states", on the way
/// down "skip.0" ..), "conv_out" ("hidden_states" to "epsilon").
class SdxlUnet final : public Network {
 public:
  SdxlUnet(const SdxlUnetConfig& config, const Weights& weights);

  /// Throws ShapeError.
  SdxlContext context(const SdxlPrompt& prompt) const;

  /// What time t (0 .. 999) is to the network, with size and pooled prompt [m, features].
  Tensor time(double t, const SdxlContext& context) const;

  /// The noise in x [M, in, h, w] at `time`, of x's shape with `out` channels. Throws ShapeError,
  /// PlacementError.
  Tensor epsilon(const Tensor& x, const Tensor& time, const SdxlContext& context) const;
  Tensor epsilon(const Tensor& x, double t, const SdxlContext& context) const {
    return epsilon(x, time(t, context), context);
  }

  NamedTensors run(const NamedTensors& inputs) const override;
  std::vector<std::string> blocks() const override;
  NamedTensors run_block(const std::string& name, const NamedTensors& inputs) const override;

  const SdxlUnetConfig& config() const { return config_; }
  /// Where the weights are, and their dtype.
  Placement placement() const { return placement_of(time1_.weight()); }

 private:
  using StageContext = std::vector<std::vector<KeyValue>>;

  /// Residual blocks, each followed by its transformer where the stage has any, then a convolution
  /// that halves or doubles the size, but for the last stage of a way.
  struct Stage {
    std::string name;
    std::vector<ResnetBlock2d> resnets;
    std::vector<SpatialTransformer> attentions;
    std::optional<Convolution2d> resample;
  };

  Stage down_stage(const Weights& weights, std::size_t level) const;
  Stage mid_stage(const Weights& weights) const;
  Stage up_stage(const Weights& weights, std::size_t level) const;
  static StageContext context_of(const Stage& stage, const Tensor& prompt);
  static Tensor down(const Stage& stage, Tensor x, const Tensor& emb, const StageContext& context,
                     std::vector<Tensor>& skips);
  static Tensor middle(const Stage& stage, Tensor x, const Tensor& emb,
                       const StageContext& context);
  static Tensor up(const Stage& stage, Tensor x, const Tensor& emb, const StageContext& context,
                   std::vector<Tensor>& skips, const std::optional<Shape>& size);

  Tensor added(const SdxlPrompt& prompt) const;
  Tensor embedding(double t, const Tensor& added) const;
  Tensor conv_out(const Tensor& x) const;
  SdxlPrompt prompt_of(const NamedTensors& inputs) const;

  SdxlUnetConfig config_;
  Convolution2d conv_in_;
  Linear time1_, time2_, add1_, add2_;
  std::vector<Stage> stages_;  ///< down, middle, up
  GroupNorm norm_out_;
  Convolution2d conv_out_;
};

/// "sdxl_unet"; the naming schemes are diffusers' and that of single files.
const Architecture& sdxl_unet_architecture();

}  // namespace lvtino::nn
