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
      out = at::empty({batch, steps, part.size(2), part.size(3), part.size(4)}, part.options());
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

CausalConvolution::CausalConvolution(const Weights& weights, std::int64_t in, std::int64_t out,
                                     std::int64_t frames, std::int64_t side)
    : frames_(frames),
      weight_(weights.take("weight", {out, in, frames, side, side})
                  .transpose(1, 2)
                  .reshape({out, frames * in, side, side})),
      bias_(weights.take("bias", {out})) {}

Tensor CausalConvolution::operator()(Tensor frames, FrameMemory& memory) const {
  require_frames(frames);
  if (frames_ == 1) return within(frames);
  Tensor& slot = memory.next_slot();
  const std::int64_t past = frames_ - 1;
  if (!slot.defined()) {
    Shape shape = shape_of(frames);
    shape[1] = past;
    slot = at::zeros(shape, frames.options());
  }
  const Tensor all = at::cat({slot, frames}, 1);
  frames.reset(), slot.reset();
  slot = all.narrow(1, all.size(1) - past, past).clone();  // not a view, which would keep `all`
  return within(all);
}

Tensor CausalConvolution::within(const Tensor& frames, std::int64_t stride) const {
  require_frames(frames);
  const Tensor x = frames.contiguous();
  const std::int64_t batch = x.size(0), channels = x.size(2), height = x.size(3), width = x.size(4),
                     pad = weight_.size(2) / 2;
  const std::int64_t steps = (x.size(1) - frames_) / stride + 1;
  if (x.size(1) < frames_ || channels * frames_ != weight_.size(1))
    throw ShapeError(text("causal convolution: expected at least ", frames_, " frames of ",
                          weight_.size(1) / frames_, " channels, got ", describe(frames)));
  return in_groups(
      batch, steps, batch * channels * frames_ * height * width,
      [&](std::int64_t first, std::int64_t count) {
        // Windows of K frames as images of K C channels: a view, which overlaps itself.
        return x.narrow(1, first * stride, x.size(1) - first * stride)
            .as_strided({batch, count, frames_ * channels, height, width},
                        {x.stride(0), stride * x.stride(1), height * width, width, 1},
                        x.storage_offset() + first * stride * x.stride(1))
            .flatten(0, 1);
      },
      [&](const Tensor& images) {
        return at::conv2d(images, weight_, bias_, {1, 1}, {pad, pad});
      });
}

}  // namespace lvtino::nn
