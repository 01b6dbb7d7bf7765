#pragma once

#include <deque>

#include "priors/nn/layers.hpp"

/// Convolutions over time that look back and never ahead, on frames [B, T, C, H, W].
namespace lvtino::nn {

/// What the layers of a causal network keep of the frames that they have seen, so that a sequence
/// can come in pieces. One slot a layer that looks back, in the order of the calls; an undefined
/// slot is the start of a sequence. A copy is a second stream from the same moment on.
class FrameMemory {
 public:
  /// Call before each piece.
  void rewind() { next_ = 0; }
  /// The slot of the layer that is called next.
  Tensor& next_slot() {
    if (next_ == slots_.size()) slots_.emplace_back();
    return slots_[next_++];
  }
  /// Bytes that are kept.
  std::int64_t bytes() const;

 private:
  std::deque<Tensor> slots_;  // so that a slot stays where it is when others are added
  std::size_t next_ = 0;
};

/// How the frames of a causal network lie in memory and how it computes.
enum class FrameLayout {
  planes,   ///< channels one after the other; a window of frames is one image: the plain path
  volumes,  ///< channels last; three-dimensional convolutions of oneDNN
  windows,  ///< channels last; windows of frames are copied side by side, as images
};
/// `planes` on the plain path and in float64, `volumes` on the CPU, `windows` on a GPU.
FrameLayout frame_layout(const Placement& placement);

/// Frames [B, T, C, H, W] with the channels last in memory: the same frames where they are.
Tensor with_channels_last(const Tensor& frames);
bool has_channels_last(const Tensor& frames);

/// Room for frames of that shape, in the order in memory of `like`.
Tensor empty_frames(const Shape& shape, const Tensor& like);

/// `frames` after `before` in time, in the order in memory of `frames`.
Tensor joined(const Tensor& before, const Tensor& frames);

/// Elements of what a convolution is applied to at once: above, frames go one by one.
constexpr std::int64_t kMostElements = std::int64_t{1} << 24;

/// A function of images [M, C, H, W] applied to the frames of a video, as many at a time as keep
/// its argument within kMostElements.
Tensor map_frames(const Tensor& frames, const std::function<Tensor(const Tensor&)>& function);

/// y_t = b + sum_k W_k * x_{t - K + 1 + k} over K frames, K = 1 or 3, with zeros before the first;
/// W_k are convolutions of images with a side of 1 or 3 and zeros around.
///
/// With `planes`, computed as a convolution of images over K C channels: K frames that follow each
/// other lie in memory as one image with K C channels, so that no three-dimensional convolution is
/// called (those of cuDNN have been wrong or large in several versions).
class CausalConvolution {
 public:
  /// Takes "weight" [out, in, K, side, side] and "bias".
  CausalConvolution(const Weights& weights, std::int64_t in, std::int64_t out, std::int64_t frames,
                    std::int64_t side, std::optional<FrameLayout> layout = {});

  /// Frames that go on where `memory` ends, as many as come in. A kernel of one frame has no slot.
  /// Frames that the caller moves in are let go before the result is made, except with `windows`,
  /// which makes no copy of them with their past.
  Tensor operator()(Tensor frames, FrameMemory& memory) const;

  /// Without a past: floor((T - K) / stride) + 1 frames, the first over frames 0 .. K - 1.
  Tensor within(const Tensor& frames, std::int64_t stride = 1) const;

  const Tensor& bias() const { return bias_; }

 private:
  void require_channels(const Tensor& frames, std::int64_t count) const;
  Tensor images_of(const Tensor& frames, std::int64_t stride) const;
  Tensor volumes_of(const Tensor& frames, std::int64_t stride) const;
  Tensor windows_of(const Tensor& past, const Tensor& frames, std::int64_t stride) const;
  Tensor convolved(const Tensor& images) const;

  std::int64_t frames_, side_;
  FrameLayout layout_ = FrameLayout::planes;
  Tensor weight_, bias_;
};

}  // namespace lvtino::nn
