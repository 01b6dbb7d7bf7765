#pragma once

#include <memory>

#include "lvtino/core/registry.hpp"
#include "validation/metric.hpp"

namespace lvtino {

using MetricFactory = std::unique_ptr<Metric>(const SpecReader& spec);

/// The metrics that a spec can name: "psnr", "ssim".
const Registry<MetricFactory>& metrics();

}  // namespace lvtino
