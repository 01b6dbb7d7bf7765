#pragma once

#include "priors/networks/wan_vae_stages.hpp"
#include "priors/nn/network.hpp"

namespace lvtino::nn {

/// The autoencoder of Wan 2.1; the defaults are those of the published one.
struct WanVaeConfig {
  std::int64_t width = 96;     ///< channels at full resolution; 1, 2, 4, 4 times at the levels
  std::int64_t channels = 16;  ///< of the latent
  /// Of each latent channel over natural videos.
  std::vector<double> mean = {-0.7571, -0.7089, -0.9113, 0.1075,  -0.1745, 0.9653,
                              -0.1517, 1.5508,  0.4134,  -0.0715, 0.5517,  -0.3632,
                              -0.1922, -0.9497, 0.2503,  -0.2921};

  std::vector<double> deviation = {2.8184, 1.4541, 2.3275, 2.6558, 1.2196, 1.7708, 2.6052, 2.0743,
                                   3.2687, 2.1526, 2.8652, 1.5579, 1.6382, 1.1253, 2.8251, 1.9160};
};

/// The keys have the names of the members. Throws SpecError.
WanVaeConfig read_wan_vae_config(const SpecReader& spec);

/// What all configurations have in common.
struct WanVaeLayout {
  static constexpr std::array<std::int64_t, 4> kMultipliers = {1, 2, 4, 4};  ///< of the width
  static constexpr std::array<bool, 3> kTimeIsHalved = {false, true, true};  ///< after a level
  static constexpr std::int64_t kResidualBlocks = 2;     ///< a level; the decoder has one more
  static constexpr std::int64_t kSide = 8, kFrames = 4;  ///< pixels and frames of a latent sample
  /// How far a latent sample sees through the stages that are tiled, in latent samples:
  /// convolutions of reach 1 at the levels 8, 4, 2 and 1 pixels, rounded up.
  /// Decoder: 6 + 7/2 + 7/4 + 8/8 = 12.25. Encoder: 4 + 5/2 + 5/4 + 6/8 = 8.5.
  static constexpr std::int64_t kEncoderHalo = 9, kDecoderHalo = 13;
};

/// How much is worked on at a time. No choice changes the result beyond rounding.
struct WanVaeWork {
  std::int64_t chunk = 1;  ///< latent frames (of four frames each) a pass; 0: all at once
  /// Latent samples (of 8 x 8 pixels) a side of a tile, to which a halo is added; 0: no tiles.
  std::int64_t tile = 0;
};

/// Frames that come in pieces: what has been seen of them. Starts empty.
struct WanVaeStream {
  FrameMemory memory;
  Tensor pending;  ///< frames that wait for the group of four to be full
  bool started = false;
};

/// The causal video autoencoder of Wan 2.1: 8 x 8 pixels and, from the second frame on, 4 frames
/// become one latent sample; the first frame becomes a latent frame of its own.
///
/// Norms are of single pixels and only the middle block, at the latent's size, sees beyond its
/// neighbourhood: the layers at higher resolutions can be computed in tiles with a halo of 9
/// (encoder) and 13 (decoder) latent samples, exactly. All frames [B, C, T, H, W] outside, in the
/// placement of the weights. Immutable.
class WanVae : private WanVaeLayout {
 public:
  /// Throws ShapeError for a configuration that does not go together.
  WanVae(const Weights& weights, const WanVaeConfig& config);

  /// Video [B, 3, 1 + 4 n, H, W] in [-1, 1], H and W multiples of 8, to the mean of its latent
  /// distribution, normalised: (mu - mean) / deviation, [B, channels, 1 + n, H / 8, W / 8].
  Tensor encode(const Tensor& video, const WanVaeWork& work = {}) const;

  /// Normalised latent to video, clamped to [-1, 1].
  Tensor decode(const Tensor& latent, const WanVaeWork& work = {}) const;

  /// The same for sequences that come in pieces of any number of frames: what the piece completes,
  /// which may be no frame. The encoder keeps up to three frames that wait for a fourth.
  Tensor encode_next(const Tensor& frames, WanVaeStream& stream) const;
  Tensor decode_next(const Tensor& latents, WanVaeStream& stream) const;

  /// The stages by the names of their tensors ("encoder.downsamples.3"), in order. Those near the
  /// pixels, of which a neighbourhood is enough, and those that need whole latent frames.
  const std::vector<NamedStage>& encoder_outer() const { return encoder_outer_; }
  const std::vector<NamedStage>& encoder_inner() const { return encoder_inner_; }
  const std::vector<NamedStage>& decoder_inner() const { return decoder_inner_; }
  const std::vector<NamedStage>& decoder_outer() const { return decoder_outer_; }
  const WanVaeConfig& config() const { return config_; }

 private:
  void keep_statistics(const Placement& placement);
  void build_encoder(const Weights& weights);
  void build_decoder(const Weights& weights);
  Tensor normalised(const Tensor& moments) const;
  Tensor unnormalised(const Tensor& latent) const;
  void require_video(const Tensor& video) const;
  void require_latent(const Tensor& latent) const;

  WanVaeConfig config_;
  Tensor mean_, inverse_deviation_, inverse_of_rounded_;
  std::vector<NamedStage> encoder_outer_, encoder_inner_, decoder_inner_, decoder_outer_;
};

/// The architecture "wan_vae". Inputs "video" [B, 3, T, H, W] and "latent" [B, channels, F, h, w],
/// one or both; outputs "latent" of the video and "video" of the latent.
/// Parts: "encoder.conv1", "encoder.downsamples.N", "encoder.middle", "encoder.head", "conv1";
/// "conv2", "decoder.conv1", "decoder.middle", "decoder.upsamples.N", "decoder.head"; each maps
/// "frames" [B, C, T, H, W] to "frames", from the start of a sequence.
const Architecture& wan_vae_architecture();

}  // namespace lvtino::nn
