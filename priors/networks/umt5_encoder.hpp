#pragma once

#include "priors/nn/layers.hpp"
#include "priors/nn/network.hpp"

namespace lvtino::nn {

/// Extents of a UMT5 encoder; the defaults are those of UMT5-XXL, the text encoder of Wan.
struct Umt5Config {
  std::int64_t width = 4096;         ///< features of a token
  std::int64_t head_width = 64;      ///< features of a head
  std::int64_t heads = 64;           ///< attention heads
  std::int64_t hidden = 10240;       ///< features inside the feed-forward nets
  std::int64_t layers = 24;          ///< blocks
  std::int64_t vocabulary = 256384;  ///< rows of the table of tokens
  double epsilon = 1e-6;             ///< of all norms
};

/// The keys have the names of the members. Throws SpecError.
Umt5Config read_umt5_config(const SpecReader& spec);

/// Which of 32 buckets a key at `distance` = key position - query position belongs to, by a table
/// of integers: 16 on each side, the distances 0 to 7 one by one, then wider ones, the last from 91
/// on. (Raffel et al., JMLR 2020: 8 + floor(8 ln(n / 8) / ln 16), whose logarithm in single
/// precision is not to be trusted at 16, 32 and 64.)
std::int64_t relative_bucket(std::int64_t distance);

/// One block: attention without scale, with a bias of its own by the bucket of the distance, then a
/// gated feed-forward net W2 (gelu(Wg r) . W1 r), each added to its argument after an RMS norm.
class Umt5Block {
 public:
  Umt5Block(const Weights& weights, const Umt5Config& config);
  /// `hidden` [B, L, width]; `buckets` [L, L] of query and key; `unseen` [B, 1, 1, L], true for
  /// keys that no query may see.
  Tensor operator()(Tensor hidden, const Tensor& buckets, const Tensor& unseen) const;

 private:
  std::int64_t heads_;
  RmsNorm attention_norm_;
  Linear q_, k_, v_, o_;
  Tensor relative_;  // [buckets, heads]
  RmsNorm feed_norm_;
  Linear gate_, linear_, contract_;
};

/// The encoder of UMT5 (Chung et al., "UniMax", ICLR 2023): no biases, no absolute positions, every
/// block with relative positions of its own. It computes in the dtype of its weights, norms in
/// float32 inside; float16 overflows with the published weights, bfloat16 does not. Immutable.
class Umt5Encoder {
 public:
  /// Throws ShapeError for a configuration that does not go together.
  Umt5Encoder(const Weights& weights, const Umt5Config& config);

  /// `tokens` [B, L] int64 and `mask` [B, L], 1 for real tokens and 0 for padding (int64 or bool),
  /// at least one real token a row: embeddings [B, L, width]. Rows of padding are computed like the
  /// others; Wan sets them to zero, which is left to the caller. Throws ShapeError.
  Tensor forward(const Tensor& tokens, const Tensor& mask) const;

  // The parts that `forward` consists of.
  Tensor embed(const Tensor& tokens) const;
  Tensor block(std::int64_t index, const Tensor& hidden, const Tensor& mask) const;
  Tensor norm(const Tensor& hidden) const { return norm_(hidden); }
  const Umt5Config& config() const { return config_; }

 private:
  Tensor unseen_keys(const Tensor& mask, const Shape& shape) const;

  Umt5Config config_;
  Tensor embedding_;
  std::vector<Umt5Block> blocks_;
  RmsNorm norm_;
};

/// The architecture "umt5_encoder". Inputs "tokens" [B, L] and "mask" [B, L], int64; output
/// "embedding" [B, L, width]. Parts: "token_embedding" (tokens -> hidden), "blocks.N" (hidden, mask
/// -> hidden), "norm" (hidden -> embedding).
const Architecture& umt5_encoder_architecture();

}  // namespace lvtino::nn
