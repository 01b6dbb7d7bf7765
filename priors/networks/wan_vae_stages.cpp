#include "priors/networks/wan_vae_stages.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino::nn {

Tensor run_stages(const std::vector<NamedStage>& stages, Tensor frames, FrameMemory& memory) {
  for (const NamedStage& part : stages) frames = part.stage(std::move(frames), memory);
  return frames;
}

ChannelNorm::ChannelNorm(const Weights& weights, std::int64_t channels, std::int64_t ones) {
  Shape shape(1 + ones, 1);
  shape[0] = channels;
  gamma_ = weights.take("gamma", shape).reshape({channels, 1, 1});
}

NormedConvolution::NormedConvolution(const Weights& weights, std::int64_t norm,
                                     std::int64_t convolution, std::int64_t in, std::int64_t out)
    : norm_(weights[norm], in, 3), convolution_(weights[convolution], in, out, 3, 3) {}

Tensor NormedConvolution::operator()(Tensor frames, FrameMemory& memory) const {
  Tensor x = norm_.silu(frames);
  frames.reset();
  return convolution_(std::move(x), memory);
}

WanResidual::WanResidual(const Weights& weights, std::int64_t in, std::int64_t out)
    : first_(weights["residual"], 0, 2, in, out), second_(weights["residual"], 3, 6, out, out) {
  if (in != out) shortcut_.emplace(weights["shortcut"], in, out, 1, 1);
}

Tensor WanResidual::operator()(const Tensor& frames, FrameMemory& memory) const {
  Tensor x = second_(first_(frames, memory), memory);
  return x.add_(shortcut_ ? shortcut_->within(frames) : frames);
}

FrameAttention::FrameAttention(const Weights& weights, std::int64_t channels)
    : norm_(weights["norm"], channels, 2),
      to_qkv_(weights["to_qkv"], channels, 3 * channels, 1),
      project_(weights["proj"], channels, channels, 1) {}

Tensor FrameAttention::operator()(const Tensor& frames) const {
  const Tensor x = norm_(frames);
  const Tensor out = map_frames(x, [this](const Tensor& images) {
    const std::int64_t channels = images.size(1), height = images.size(2), width = images.size(3);
    // [M, 1, pixels, 3 channels]: q, k and v side by side, one head.
    const std::vector<Tensor> qkv =
        to_qkv_(images).flatten(2).transpose(1, 2).unsqueeze(1).contiguous().chunk(3, -1);
    const Tensor mixed = attention_in_parts(qkv[0], qkv[1], qkv[2], kMostScores);
    return project_(
        mixed.squeeze(1).transpose(1, 2).reshape({images.size(0), channels, height, width}));
  });
  return frames + out;
}

WanDownsample::WanDownsample(const Weights& weights, std::int64_t channels, bool in_time)
    : space_(weights["resample"][1], channels, channels, 3, 2) {
  if (in_time) time_.emplace(weights["time_conv"], channels, channels, 3, 1);
}

Tensor WanDownsample::operator()(Tensor frames, FrameMemory& memory) const {
  const Tensor x = map_frames(frames, [this](const Tensor& images) {
    return space_(at::constant_pad_nd(images, {0, 1, 0, 1}));
  });
  frames.reset();
  if (!time_) return x;
  Tensor& slot = memory.next_slot();
  const bool first = !slot.defined();
  const std::int64_t count = x.size(1);
  if (count % 2 != (first ? 1 : 0))
    throw ShapeError(text("wan_vae: expected an ", first ? "odd" : "even",
                          " number of frames to halve, got ", count));
  // The last frame that was kept opens the next window; the first of all stands for itself too.
  const Tensor all = first ? x : joined(slot, x);
  slot = x.narrow(1, count - 1, 1).clone();
  if (!first) return time_->within(all, 2);
  return count == 1 ? x : joined(x.narrow(1, 0, 1), time_->within(all, 2));
}

WanUpsample::WanUpsample(const Weights& weights, std::int64_t channels, bool in_time)
    : space_(weights["resample"][1], channels, channels / 2, 3, 1, 1) {
  if (in_time) time_.emplace(weights["time_conv"], channels, 2 * channels, 3, 1);
}

Tensor WanUpsample::doubled(Tensor frames, FrameMemory& memory) const {
  Tensor& started = memory.next_slot();
  const std::int64_t first = started.defined() ? 0 : 1, count = frames.size(1) - first;
  started = at::empty({0}, frames.options());
  // The convolution has its slot even where nothing is left for it.
  if (count == 0) {
    memory.next_slot();
    return frames;
  }
  // [B, T, 2 C, H, W]: the halves of the channels are frames that follow each other.
  const Tensor halves = (*time_)(frames.narrow(1, first, count), memory),
               pairs = halves.unflatten(2, {2, frames.size(2)});
  if (!has_channels_last(halves)) {
    const Tensor twice = pairs.flatten(1, 2);
    return first == 0 ? twice : at::cat({frames.narrow(1, 0, 1), twice}, 1);
  }
  Shape shape = shape_of(frames);
  shape[1] = first + 2 * count;
  const Tensor all = empty_frames(shape, halves);
  if (first == 1) all.narrow(1, 0, 1).copy_(frames.narrow(1, 0, 1));
  all.narrow(1, first, 2 * count).unflatten(1, {count, 2}).copy_(pairs);
  return all;
}

Tensor WanUpsample::operator()(Tensor frames, FrameMemory& memory) const {
  if (time_) frames = doubled(std::move(frames), memory);
  return map_frames(frames, [this](const Tensor& images) {
    return space_(
        at::upsample_nearest2d(images, at::IntArrayRef{2 * images.size(2), 2 * images.size(3)}));
  });
}

}  // namespace lvtino::nn
