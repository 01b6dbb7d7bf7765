#pragma once

#include "lvtino/core/registry.hpp"
#include "operators/noise_model.hpp"

namespace lvtino {

/// Every noise model by name.
const Registry<NoisePtr(const SpecReader&)>& noise_table();

/// What the key "noise" of a spec says; without a "type", Gaussian. Throws SpecError.
NoisePtr read_noise(const SpecReader& spec);

}  // namespace lvtino
