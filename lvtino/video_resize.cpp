#include "lvtino/video_resize.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino {

Tensor resize_to_cover(const Tensor& frame, std::int64_t height, std::int64_t width) {
  if (frame.dim() != 3 || frame.numel() == 0 || height < 1 || width < 1)
    throw ShapeError(text("expected a frame [3, H, W] and a size of at least 1x1, got ",
                          describe(frame), " and ", height, "x", width));
  const std::int64_t old_height = frame.size(1), old_width = frame.size(2);
  if (old_height == height && old_width == width) return frame.contiguous();
  const double scale =
      std::max(double(height) / double(old_height), double(width) / double(old_width));
  const auto scaled = [&](std::int64_t length, std::int64_t least) {
    return std::max<std::int64_t>(least, std::llround(double(length) * scale));
  };
  const std::int64_t full_height = scaled(old_height, height),
                     full_width = scaled(old_width, width);
  const Tensor resized =
      at::_upsample_bicubic2d_aa(frame.unsqueeze(0), at::IntArrayRef{full_height, full_width},
                                 false, std::optional<double>{}, std::optional<double>{})[0];
  return resized.narrow(1, (full_height - height) / 2, height)
      .narrow(2, (full_width - width) / 2, width)
      .clamp(0, 1)
      .contiguous();
}

}  // namespace lvtino
