#pragma once

#include <array>

#include "priors/nn/causal_convolution.hpp"

/// What the autoencoder of Wan 2.1 consists of, on frames [B, T, C, H, W].
namespace lvtino::nn {

/// Products of queries and keys that the middle block's attention lets exist at a time.
constexpr std::int64_t kMostScores = std::int64_t{1} << 26;

/// A map of frames that go on where the memory ends. Frames are moved in, so that a stage can let
/// them go when it needs them no more.
using FrameStage = std::function<Tensor(Tensor frames, FrameMemory& memory)>;

struct NamedStage {
  std::string name;
  FrameStage stage;
};

/// One stage after the other.
Tensor run_stages(const std::vector<NamedStage>& stages, Tensor frames, FrameMemory& memory);

/// x / |x| sqrt(C) gamma with the Euclidean norm over the channels of a pixel, at least 1e-12.
/// In half precision the norm is summed in float32 and its inverse rounded.
class ChannelNorm {
 public:
  /// `ones`: how many extents of 1 follow the channels in the stored gain.
  ChannelNorm(const Weights& weights, std::int64_t channels, std::int64_t ones);
  Tensor operator()(const Tensor& frames) const {
    return channel_normed(frames, gamma_, /*with_silu=*/false);
  }
  /// Then SiLU.
  Tensor silu(const Tensor& frames) const {
    return channel_normed(frames, gamma_, /*with_silu=*/true);
  }

 private:
  Tensor gamma_;
};

/// Norm, SiLU, 3 x 3 x 3 convolution: the head of encoder and decoder ("0", "2"), half a residual
/// block.
class NormedConvolution {
 public:
  NormedConvolution(const Weights& weights, std::int64_t norm, std::int64_t convolution,
                    std::int64_t in, std::int64_t out);
  Tensor operator()(Tensor frames, FrameMemory& memory) const;

 private:
  ChannelNorm norm_;
  CausalConvolution convolution_;
};

/// Two of them beside the identity, or beside a 1 x 1 x 1 convolution where channels change.
class WanResidual {
 public:
  WanResidual(const Weights& weights, std::int64_t in, std::int64_t out);
  Tensor operator()(const Tensor& frames, FrameMemory& memory) const;

 private:
  NormedConvolution first_, second_;
  std::optional<CausalConvolution> shortcut_;
};

/// Attention of one head over the pixels of a frame, frame by frame, added to its argument.
class FrameAttention {
 public:
  FrameAttention(const Weights& weights, std::int64_t channels);
  Tensor operator()(const Tensor& frames) const;

 private:
  ChannelNorm norm_;
  Convolution2d to_qkv_, project_;
};

/// Half the height and width: zeros to the right and below, a 3 x 3 convolution with stride 2.
/// With `in_time`, then every second frame: out_0 = x_0 as it is, out_k = W (x_{2k-2}, x_{2k-1},
/// x_{2k}). A first piece has 1 + 2 n frames, a later one 2 n.
class WanDownsample {
 public:
  WanDownsample(const Weights& weights, std::int64_t channels, bool in_time);
  Tensor operator()(Tensor frames, FrameMemory& memory) const;

 private:
  Convolution2d space_;
  std::optional<CausalConvolution> time_;
};

/// With `in_time`, first twice the frames: frame 0 stays one frame and is not seen by the others,
/// which are a sequence of their own; each gives two, of the first and the second half of the
/// convolution's channels. Then twice the height and width, each pixel four times, and a 3 x 3
/// convolution to half the channels.
class WanUpsample {
 public:
  WanUpsample(const Weights& weights, std::int64_t channels, bool in_time);
  Tensor operator()(Tensor frames, FrameMemory& memory) const;

 private:
  Tensor doubled(Tensor frames, FrameMemory& memory) const;

  Convolution2d space_;
  std::optional<CausalConvolution> time_;
};

}  // namespace lvtino::nn
