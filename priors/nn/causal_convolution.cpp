#include "priors/nn/causal_convolution.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino::nn {
namespace {

void require_frames(const Tensor& frames) {
  if (frames.dim() != 5)
    throw ShapeError(text("frames: expected [B, T, C, H, W], got ", describe(frames)));
}

// `take(first, count)` gives images [B count, ...] of that many steps of time; the results are put
// together to [B, steps, C, H, W].
template <class Take, class Function>
Tensor in_groups(std::int64_t batch, std::int64_t steps, std::int64_t elements_of_step,
                 const Take& take, const Function& function) {
  const std::int64_t most =
      std::max<std::int64_t>(1, kMostElements / std::max<std::int64_t>(1, elements_of_step));
  Tensor out;
  for (std::int64_t first = 0; first < steps; first += most) {
    const std::int64_t count = std::min(most, steps - first);
    const Tensor images = function(take(first, count));
    const Tensor part = images.view({batch, count, images.size(1), images.size(2), images.size(3)});
    if (count == steps) return part;
    if (!out.defined())
      out = empty_frames({batch, steps, part.size(2), part.size(3), part.size(4)}, part);
    out.narrow(1, first, count).copy_(part);
  }
  return out;
}

}  // namespace

std::int64_t FrameMemory::bytes() const {
  std::int64_t sum = 0;
  for (const Tensor& slot : slots_)
    if (slot.defined()) sum += std::int64_t(slot.nbytes());
  return sum;
}

Tensor map_frames(const Tensor& frames, const std::function<Tensor(const Tensor&)>& function) {
  require_frames(frames);
  const std::int64_t batch = frames.size(0), steps = frames.size(1);
  return in_groups(
      batch, steps, frames.numel() / std::max<std::int64_t>(1, steps),
      [&](std::int64_t first, std::int64_t count) {
        return frames.narrow(1, first, count).flatten(0, 1);
      },
      function);
}

FrameLayout frame_layout(const Placement& placement) {
  if (!is_fast() || placement.dtype == at::kDouble) return FrameLayout::planes;
  if (placement.device.is_cuda()) return FrameLayout::windows;
  if (!at::globalContext().hasMKLDNN()) return FrameLayout::planes;
  const bool known = placement.dtype == at::kFloat || placement.dtype == at::kBFloat16;
  return known && placement.device.is_cpu() ? FrameLayout::volumes : FrameLayout::planes;
}

bool has_channels_last(const Tensor& frames) {
  return !frames.is_contiguous() && frames.permute({0, 1, 3, 4, 2}).is_contiguous();
}

Tensor empty_frames(const Shape& shape, const Tensor& like) {
  if (!has_channels_last(like)) return at::empty(shape, like.options());
  return at::empty({shape[0], shape[1], shape[3], shape[4], shape[2]}, like.options())
      .permute({0, 1, 4, 2, 3});
}

Tensor joined(const Tensor& before, const Tensor& frames) {
  if (!has_channels_last(frames)) return at::cat({before, frames}, 1);
  Shape shape = shape_of(frames);
  shape[1] += before.size(1);
  const Tensor all = empty_frames(shape, frames);
  all.narrow(1, 0, before.size(1)).copy_(before);
  all.narrow(1, before.size(1), frames.size(1)).copy_(frames);
  return all;
}

Tensor with_channels_last(const Tensor& frames) {
  return frames.permute({0, 1, 3, 4, 2}).contiguous().permute({0, 1, 4, 2, 3});
}

CausalConvolution::CausalConvolution(const Weights& weights, std::int64_t in, std::int64_t out,
                                     std::int64_t frames, std::int64_t side,
                                     std::optional<FrameLayout> layout)
    : frames_(frames),
      side_(side),
      weight_(weights.take("weight", {out, in, frames, side, side})),
      bias_(weights.take("bias", {out})) {
  layout_ = layout.value_or(frame_layout(placement_of(weight_)));
  if (layout_ == FrameLayout::volumes) {
    weight_ = weight_.contiguous(at::MemoryFormat::ChannelsLast3d);
    return;
  }
  weight_ = weight_.transpose(1, 2).reshape({out, frames * in, side, side});
  if (layout_ == FrameLayout::windows) weight_ = weight_.contiguous(at::MemoryFormat::ChannelsLast);
}

Tensor CausalConvolution::operator()(Tensor frames, FrameMemory& memory) const {
  require_frames(frames);
  if (frames_ == 1) return within(frames);
  Tensor& slot = memory.next_slot();
  const std::int64_t past = frames_ - 1, count = frames.size(1);
  if (!slot.defined()) {
    Shape shape = shape_of(frames);
    shape[1] = past;
    slot = empty_frames(shape, frames).zero_();
  }
  if (layout_ == FrameLayout::windows && count >= past) {
    require_channels(frames, count + past);
    const Tensor out = windows_of(slot, frames, 1);
    slot.reset();
    slot = frames.narrow(1, count - past, past).clone();
    return out;
  }
  const Tensor all = joined(slot, frames);
  frames.reset(), slot.reset();
  slot = all.narrow(1, count, past).clone();  // not a view, which would keep `all`
  return within(all);
}

Tensor CausalConvolution::within(const Tensor& frames, std::int64_t stride) const {
  require_frames(frames);
  require_channels(frames, frames.size(1));
  switch (layout_) {
    case FrameLayout::planes:
      return images_of(frames, stride);
    case FrameLayout::volumes:
      return volumes_of(frames, stride);
    case FrameLayout::windows:
      return windows_of({}, frames, stride);
  }
  throw NotSupportedError("causal convolution: no such layout");
}

// `count`: frames that there are, with the past.
void CausalConvolution::require_channels(const Tensor& frames, std::int64_t count) const {
  const std::int64_t channels =
      layout_ == FrameLayout::volumes ? weight_.size(1) : weight_.size(1) / frames_;
  if (count < frames_ || frames.size(2) != channels)
    throw ShapeError(text("causal convolution: expected at least ", frames_, " frames of ",
                          channels, " channels, got ", describe(frames)));
}

Tensor CausalConvolution::volumes_of(const Tensor& frames, std::int64_t stride) const {
  const std::int64_t pad = side_ / 2;
  const Tensor x = with_channels_last(frames).transpose(1, 2);
  const Shape pads = {0, pad, pad}, strides = {stride, 1, 1};
  // Asked for by name: libtorch's choice can be one that writes out all windows.
  const Tensor y = x.scalar_type() == at::kDouble
                       ? at::conv3d(x, weight_, bias_, strides, pads)
                       : at::mkldnn_convolution(x, weight_, bias_, pads, strides, {1, 1, 1}, 1);
  return with_channels_last(y.transpose(1, 2));
}

Tensor CausalConvolution::convolved(const Tensor& images) const {
  const std::int64_t pad = side_ / 2;
  return at::conv2d(images, weight_, bias_, {1, 1}, {pad, pad});
}

Tensor CausalConvolution::images_of(const Tensor& frames, std::int64_t stride) const {
  const Tensor x = frames.contiguous();
  const std::int64_t batch = x.size(0), channels = x.size(2), height = x.size(3), width = x.size(4);
  return in_groups(
      batch, (x.size(1) - frames_) / stride + 1, batch * channels * frames_ * height * width,
      [&](std::int64_t first, std::int64_t count) {
        // Windows of K frames as images of K C channels: a view, which overlaps itself.
        return x.narrow(1, first * stride, x.size(1) - first * stride)
            .as_strided({batch, count, frames_ * channels, height, width},
                        {x.stride(0), stride * channels * height * width, height * width, width, 1})
            .flatten(0, 1);
      },
      [this](const Tensor& images) { return convolved(images); });
}

// As if `past`, which may be undefined, and `frames` were one sequence.
Tensor CausalConvolution::windows_of(const Tensor& past, const Tensor& frames,
                                     std::int64_t stride) const {
  const auto pixels = [](const Tensor& x) { return x.permute({0, 1, 3, 4, 2}).contiguous(); };
  const Tensor x = pixels(frames), before = past.defined() ? pixels(past) : x.narrow(1, 0, 0);
  const std::int64_t batch = x.size(0), height = x.size(2), width = x.size(3), channels = x.size(4),
                     early = before.size(1);
  const auto every = [stride](const Tensor& of, std::int64_t first, std::int64_t count) {
    return of.slice(1, first, first + (count - 1) * stride + 1, stride);
  };
  return in_groups(
      batch, (early + x.size(1) - frames_) / stride + 1,
      batch * channels * frames_ * height * width,
      [&](std::int64_t first, std::int64_t count) {
        if (frames_ == 1 && stride == 1)  // nothing stands beside it
          return x.narrow(1, first, count).flatten(0, 1).permute({0, 3, 1, 2});
        const Tensor windows =
            at::empty({batch, count, height, width, frames_ * channels}, x.options());
        for (std::int64_t k = 0; k < frames_; ++k) {
          const Tensor place = windows.narrow(4, k * channels, channels);
          const std::int64_t begin = first * stride + k,  // frame of the first window
              from_past = std::clamp((early - begin + stride - 1) / stride, std::int64_t{0}, count);
          if (from_past > 0) place.narrow(1, 0, from_past).copy_(every(before, begin, from_past));
          if (from_past < count)
            place.narrow(1, from_past, count - from_past)
                .copy_(every(x, begin + from_past * stride - early, count - from_past));
        }
        return windows.flatten(0, 1).permute({0, 3, 1, 2});
      },
      [this](const Tensor& images) { return convolved(images); });
}

}  // namespace lvtino::nn
