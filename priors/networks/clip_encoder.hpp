#pragma once

#include "priors/networks/sdxl_blocks.hpp"
#include "priors/nn/network.hpp"

namespace lvtino::nn {

/// A text encoder of CLIP (Radford et al., "Learning transferable visual models from natural
/// language supervision", ICML 2021). The defaults are those of the smaller encoder of SDXL.
struct ClipConfig {
  std::int64_t vocab_size = 49408;
  std::int64_t max_positions = 77;
  std::int64_t hidden_size = 768;
  std::int64_t layers = 12;
  std::int64_t heads = 12;
  std::int64_t intermediate_size = 3072;
  std::int64_t projection_dim = 0;  ///< features of the pooled prompt; 0: not projected
  std::int64_t eos_token_id = 49407;
  std::string activation = "quick_gelu";  ///< x sigmoid(1.702 x), or "gelu": the exact one
  double layer_norm_eps = 1e-5;
};

/// The larger encoder of SDXL, OpenCLIP's ViT-bigG.
ClipConfig clip_bigg_config();

/// Missing keys have the value of `defaults`. Throws SpecError.
ClipConfig read_clip_config(const SpecReader& config, ClipConfig defaults);

/// Immutable. Token ids come padded: the pad tokens are attended to as others are, each token by
/// those from it on.
///
/// As a Network: input "input_ids" [M, L] (integers), L <= max_positions; outputs "hidden_states"
/// [M, L, features] of the last layer but one, "last_hidden_state" after the last layer and the
/// final normalisation, and "pooled" [M, features]. Blocks: "embeddings" ("input_ids" to
/// "hidden_states"), "layers.N" ("hidden_states" to "hidden_states"), "pooler" ("input_ids",
/// "hidden_states" to "last_hidden_state", "pooled").
class ClipEncoder final : public Network {
 public:
  ClipEncoder(const ClipConfig& config, const Weights& weights);

  /// What SDXL attends to: the output of the last layer but one, no normalisation after it. Throws
  /// ShapeError, NotSupportedError for an id out of the vocabulary.
  Tensor hidden_states(const Tensor& ids) const;

  /// The normalised output of the last layer at the first end-of-text token, projected where there
  /// is a projection; with `hidden_states` of the same ids. Throws NotSupportedError where a row
  /// has no such token.
  Tensor pooled(const Tensor& ids, const Tensor& hidden_states) const;

  NamedTensors run(const NamedTensors& inputs) const override;
  std::vector<std::string> blocks() const override;
  NamedTensors run_block(const std::string& name, const NamedTensors& inputs) const override;

  const ClipConfig& config() const { return config_; }

 private:
  struct Layer {
    Layer(const Weights& weights, const ClipConfig& config);
    LayerNorm norm1;
    Linear q, k, v, out;
    LayerNorm norm2;
    Linear fc1, fc2;
  };

  Tensor embedded(const Tensor& ids) const;
  Tensor through(const Layer& layer, const Tensor& x) const;
  Tensor at_end(const Tensor& ids, const Tensor& last) const;
  Tensor ids_of(const NamedTensors& inputs) const;
  Placement placement() const { return placement_of(tokens_); }

  ClipConfig config_;
  Tensor tokens_, positions_;
  std::vector<Layer> layers_;
  LayerNorm final_norm_;
  std::optional<Linear> projection_;
};

/// "clip_l" and "clip_bigg".
const Architecture& clip_l_architecture();
const Architecture& clip_bigg_architecture();

}  // namespace lvtino::nn
