#pragma once

#include <string>

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// A picture of the page: [3, H, W] float32 in [0, 1], CPU. Figures of one group stand side by
/// side.
struct Figure {
  std::string group;
  std::string caption;
  Tensor image;
};

/// Frame `t` of [1, 3, T, H, W]. All helpers here throw ShapeError for unfit shapes.
Tensor frame_image(const Tensor& video, std::int64_t t);

/// Nearest-neighbour scaling of [3, H, W], to show small measurements beside full frames.
Tensor scale_nearest(const Tensor& image, std::int64_t height, std::int64_t width);

/// The row `relative_row` (0 top, 1 bottom) of every frame, below each other: time runs downwards.
/// [3, height, width] by nearest neighbour, so videos of several sizes can be compared.
Tensor x_t_slice(const Tensor& video, double relative_row, std::int64_t height, std::int64_t width);

/// Values [H, W] as colours: 0 dark, `full_scale` and beyond light. Lightness (OKLab, Ottosson
/// 2020) rises evenly, so the order of values is seen without knowing the colours.
Tensor color_mapped(const Tensor& values, double full_scale);

/// Mean over channels of |a - b| for images [3, H, W], coloured.
Tensor error_map(const Tensor& a, const Tensor& b, double full_scale);

/// A round number (1, 2 or 5 times a power of ten) that at most 1 in 50 pixels of |a - b| exceeds: the
/// common scale for a group of error maps. Taken from the restoration, whose errors are the ones to
/// see; a much worse method beside it is light where it exceeds the scale. At least 0.01.
double error_scale(const Tensor& a, const Tensor& b);

/// "|error|, dark 0 to light 0.1; beyond 0.1 as light".
std::string scale_caption(double full_scale);

}  // namespace lvtino
