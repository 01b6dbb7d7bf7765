#pragma once

#include <array>

#include "priors/nn/layers.hpp"
#include "priors/nn/network.hpp"

namespace lvtino::nn {

/// Extents of a Wan 2.1 text-to-video transformer; the defaults are those of the 1.3B network.
struct WanTransformerConfig {
  std::int64_t width = 1536;       ///< features of a token
  std::int64_t heads = 12;         ///< divides width; features of a head: even, at least 6
  std::int64_t layers = 30;        ///< blocks
  std::int64_t hidden = 8960;      ///< features inside the feed-forward nets
  std::int64_t channels = 16;      ///< of the latent
  std::int64_t frequencies = 256;  ///< cosines and sines of the timestep
  std::int64_t text_width = 4096;  ///< features of a prompt's tokens
  std::int64_t text_length = 512;  ///< tokens that are attended to, padding included
  double epsilon = 1e-6;           ///< of all norms
};

/// The keys have the names of the members. Throws SpecError.
WanTransformerConfig read_wan_transformer_config(const SpecReader& spec);

/// What a prompt is to the network, computed once and used at every step: the projected text
/// [B, L, width] and, for each block, its keys and values [B, heads, L, width / heads].
struct WanContext {
  struct Memory {
    Tensor keys, values;
  };
  Tensor text;
  std::vector<Memory> blocks;
};

/// What a timestep is to the network: the embedding [B, width], which modulates the head, and its
/// projection [B, 6, width], which modulates every block.
struct WanTime {
  Tensor embedding, modulation;
};

/// Attention of Wan: projections, normalisation of queries and keys over all heads together, heads,
/// projection.
class WanAttention {
 public:
  WanAttention(const Weights& weights, const WanTransformerConfig& config);
  /// With `turns`, a table of `rotary_table`, turned by their positions.
  Tensor queries(const Tensor& x, const Tensor& turns = {}) const {
    return split_heads(norm_q_.turned(q_(x), turns), heads_);
  }
  Tensor keys(const Tensor& x, const Tensor& turns = {}) const {
    return split_heads(norm_k_.turned(k_(x), turns), heads_);
  }
  Tensor values(const Tensor& x) const { return split_heads(v_(x), heads_); }
  Tensor attend(const Tensor& queries, const Tensor& keys, const Tensor& values) const;

 private:
  std::int64_t heads_;
  Linear q_, k_, v_, o_;
  RmsNorm norm_q_, norm_k_;
};

/// One of the transformer's blocks.
class WanBlock {
 public:
  WanBlock(const Weights& weights, const WanTransformerConfig& config);
  WanContext::Memory memory(const Tensor& text) const;
  /// Tokens [B, N, width]; `modulation` [B, 6, width]; `rotation` [N, features of a head / 2].
  Tensor operator()(Tensor tokens, const Tensor& modulation, const WanContext::Memory& memory,
                    const Tensor& rotation) const;

 private:
  double epsilon_;
  Tensor modulation_;
  WanAttention self_attention_, cross_attention_;
  LayerNorm norm_;
  Linear expand_, contract_;
};

/// The diffusion transformer of Wan 2.1 (text to video), a flow v = noise - clean latent:
///
///   tokens = patches of 1 x 2 x 2 latent samples, projected
///   e = W2 silu(W1 [cos, sin](t)),  e0 = W3 silu(e), six vectors
///   a block: m = modulation + e0
///     x += m2 SelfAttention(LN(x) (1 + m1) + m0)     rotary positions, RMS norms of q and k
///     x += CrossAttention(LN(x; gain and shift), text)
///     x += m5 W gelu(V (LN(x) (1 + m4) + m3))        the tanh form of gelu
///   head: LN(x) (1 + s1) + s0 with s = modulation + e, projected to patches
///
/// It computes in the dtype of its weights, embeddings, modulation and residuals included, as the
/// CausVid and LVTINO programs do; RMS norms and rotations are float32 inside. Any number of frames
/// and any even height and width: the published programs pad the tokens to a fixed number and mask
/// them, which changes nothing of what they keep. Immutable.
class WanTransformer {
 public:
  /// Throws ShapeError for a configuration that does not go together.
  WanTransformer(const Weights& weights, const WanTransformerConfig& config);

  /// `prompt` [B, L, text_width] with L <= text_length, in the network's placement. Rows are added
  /// up to text_length; they are zeros before the projection, and are attended to as the published
  /// network does.
  WanContext context(const Tensor& prompt) const;

  /// `t` [B] timesteps in [0, 1000], any floating dtype; any device.
  WanTime time(const Tensor& t) const;

  /// Flow [B, channels, F, H, W] of a latent of that shape, H and W even. The batch of `time` and
  /// `context` is that of the latent or 1. Throws ShapeError, PlacementError.
  Tensor forward(const Tensor& latent, const WanTime& time, const WanContext& context) const;
  Tensor forward(const Tensor& latent, const Tensor& t, const WanContext& context) const {
    return forward(latent, time(t), context);
  }

  // The parts that `forward` consists of. `grid`: extents of the tokens.
  using Grid = std::array<std::int64_t, 3>;
  Grid grid_of(const Tensor& latent) const;
  Tensor patch_embedding(const Tensor& latent) const;
  Tensor text_embedding(const Tensor& prompt) const;
  Tensor rotation(const Grid& grid) const;
  Tensor head(const Tensor& tokens, const Tensor& embedding, const Grid& grid) const;
  const std::vector<WanBlock>& blocks() const { return blocks_; }
  const WanTransformerConfig& config() const { return config_; }

 private:
  Placement placement() const { return placement_of(patch_weight_); }

  WanTransformerConfig config_;
  Tensor patch_weight_, patch_bias_;
  Linear text_in_, text_out_, time_in_, time_out_, time_projection_;
  std::vector<WanBlock> blocks_;
  Tensor head_modulation_;
  Linear head_;
};

/// The architecture "wan_transformer". Inputs "latent" [B, channels, F, H, W], "timestep" [B],
/// "prompt" [B, L, text_width]; output "flow".
/// Parts: "patch_embedding" (latent -> tokens), "time_embedding" (timestep -> time, modulation),
/// "text_embedding" (prompt -> text), "blocks.N" (tokens, modulation, text, grid -> tokens) and
/// "head" (tokens, time, grid -> flow), with "grid" three integers, the extents of the tokens.
const Architecture& wan_transformer_architecture();

}  // namespace lvtino::nn
