#pragma once

#include <vector>

#include "lvtino/core/json.hpp"
#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// The specs of the two Gaussian priors that describe `clips` ([N, C, T, H, W], pixels in [0, 1])
/// best, ready to stand in a spec:
/// {"video": {"type": "gaussian_video", "mean", "spectrum"}, "image": {"type": "gaussian_image",
/// ..}, "quality": {"video_log_error", "image_log_error"}}, numbers rounded to four digits. The
/// errors are root mean squares of ln(measured / fitted variance). Throws as `fit_power_law` does.
Json fit_prior(const std::vector<Tensor>& clips);

}  // namespace lvtino
