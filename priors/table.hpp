#pragma once

#include <memory>

#include "lvtino/core/registry.hpp"
#include "priors/prior.hpp"

namespace lvtino {

using ScheduleFactory = std::shared_ptr<const NoiseSchedule>(const SpecReader&);
using AutoencoderFactory = std::shared_ptr<const BlockAutoencoder>(const SpecReader&);
/// `pixels` is the shape [N, C, T, H, W] of the videos, the placement theirs.
using PriorFactory = std::shared_ptr<const Prior>(const SpecReader&, const Shape& pixels,
                                                  const Placement&);

/// Noise schedules by name.
const Registry<ScheduleFactory>& schedule_table();
/// Autoencoders without a network, by name.
const Registry<AutoencoderFactory>& autoencoder_table();
/// Priors by name.
const Registry<PriorFactory>& prior_table();

}  // namespace lvtino
