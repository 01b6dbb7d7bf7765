#pragma once

#include <vector>

#include "lvtino/core/json.hpp"
#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// The specs of the Gaussian and of the heavy-tailed priors that describe `clips` ([N, C, T, H, W], pixels in [0, 1])
/// best, ready to stand in a spec:
/// {"video": {"type": "gaussian_video", "mean", "spectrum"}, "image": {"type": "gaussian_image",
/// ..}, "heavy_tailed": {"video": {"type": "heavy_tailed_video", .., "bands"}, "image"},
/// "quality": {"video_log_error", "image_log_error"}}, numbers rounded to four digits. The
/// errors are root mean squares of ln(measured / fitted variance). Throws as `fit_power_law`
/// and `fit_heavy_tails` do.
Json fit_prior(const std::vector<Tensor>& clips);

}  // namespace lvtino
