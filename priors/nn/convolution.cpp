#include "priors/nn/convolution.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino::nn {
namespace {

Tensor cast(const Tensor& parameter, const Tensor& x) { return parameter.to(x.scalar_type()); }

Tensor channels_last(const Tensor& x) { return x.contiguous(at::MemoryFormat::ChannelsLast); }

void require_frames(const Tensor& x, const Tensor& weight, const char* what) {
  if (x.dim() != 4 || weight.dim() != 4 || weight.size(1) != x.size(1))
    throw ShapeError(text(what,
                          ": expected frames [T, C, H, W] and a weight [C_out, C, k, k], got ",
                          describe(x), " and ", describe(weight)));
}

// On the CPU, torch chooses between its own convolution and oneDNN's by the number of threads among
// other things, and they differ in the last bits; ours is always the same one.
Tensor convolve(const Tensor& x, const Tensor& weight, const Tensor& bias, at::IntArrayRef stride,
                at::IntArrayRef padding) {
  static const bool has_onednn = at::hasMKLDNN();
  if (!x.is_cpu() || !has_onednn || x.scalar_type() == at::kDouble)
    return at::conv2d(x, cast(weight, x), cast(bias, x), stride, padding);
  return at::mkldnn_convolution(x, cast(weight, x), cast(bias, x), padding, stride, {1, 1}, 1);
}

}  // namespace

Tensor frame_convolution(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  require_frames(x, weight, "frame_convolution");
  const std::int64_t pad = weight.size(2) / 2;
  return convolve(channels_last(x), weight, bias, {1, 1}, {pad, pad});
}

Tensor time_convolution(const Tensor& x, const Tensor& weight, const Tensor& bias,
                        std::int64_t clips) {
  require_frames(x, weight, "time_convolution");
  if (clips < 1 || x.size(0) % clips != 0)
    throw ShapeError(
        text("time_convolution: ", x.size(0), " frames are not ", clips, " clips of one length"));
  // Time as the rows of one image a clip, pixels as its columns: in channels-last memory a view.
  const std::int64_t frames = x.size(0) / clips, height = x.size(2), width = x.size(3);
  const Tensor image = channels_last(x)
                           .permute({0, 2, 3, 1})
                           .reshape({clips, frames, height * width, x.size(1)})
                           .permute({0, 3, 1, 2});
  const Tensor y = convolve(image, weight, bias, {1, 1}, {weight.size(2) / 2, 0});
  return y.permute({0, 2, 3, 1})
      .reshape({x.size(0), height, width, weight.size(0)})
      .permute({0, 3, 1, 2});
}

Tensor halving_convolution(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  require_frames(x, weight, "halving_convolution");
  if (x.size(2) % 2 != 0 || x.size(3) % 2 != 0)
    throw ShapeError(
        text("halving_convolution: expected even height and width, got ", describe(x)));
  return convolve(channels_last(x), weight, bias, {2, 2}, {0, 0});
}

Tensor double_size(const Tensor& x) {
  return at::upsample_nearest2d(channels_last(x), {2 * x.size(2), 2 * x.size(3)});
}

Tensor space_to_depth2(const Tensor& x) { return at::pixel_unshuffle(x, 2); }

Tensor depth_to_space2(const Tensor& x) { return at::pixel_shuffle(x, 2); }

}  // namespace lvtino::nn
