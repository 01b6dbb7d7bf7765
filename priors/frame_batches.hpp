#pragma once

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// A map of images applied to the frames of videos [N, C, T, H, W], at most `batch` of the N T
/// frames at a time, computed in `compute`; the result [N, C', T, H', W'] has the placement of `x`.
Tensor map_frames(const Tensor& x, std::int64_t batch, const Placement& compute,
                  const std::function<Tensor(const Tensor& images)>& map);

}  // namespace lvtino
