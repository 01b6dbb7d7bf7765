#pragma once

#include <vector>

#include "lvtino/experiment.hpp"
#include "validation/law.hpp"

namespace lvtino {

/// Throws NotBuiltError unless this build has kernels for the device that a spec names.
void require_device(const std::string& device);

/// Networks on a GPU use this build's kernels from now on, where it has some. Programs call it
/// first.
void use_device_kernels();

/// The pieces of the experiment that have kernels, on the device and on the CPU.
/// Throws NotSupportedError where there is no device.
std::vector<LawReport> check_device(const Experiment& experiment);

}  // namespace lvtino
