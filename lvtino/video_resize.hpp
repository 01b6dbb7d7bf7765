#pragma once

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// [3, H, W] scaled without stretching until it covers height x width, then cut to that size around
/// the centre. Antialiased bicubic (Keys, a = -1/2; the kernel widens when shrinking), clamped to
/// [0, 1]. A frame of the wanted size comes back as it is.
Tensor resize_to_cover(const Tensor& frame, std::int64_t height, std::int64_t width);

}  // namespace lvtino
