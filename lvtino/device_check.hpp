#pragma once

#include <vector>

#include "lvtino/experiment.hpp"
#include "solvers/joint_device.hpp"
#include "validation/law.hpp"

namespace lvtino {

/// Throws NotBuiltError unless this build has kernels for the device that a spec names.
void require_device(const std::string& device);

/// Throws NotSupportedError saying why if the device that a spec names is not there.
void require_running_device(const std::string& device);

/// Networks on a GPU use this build's kernels from now on, where it has some. Programs call it
/// first.
void use_device_kernels();

/// Where the joint proxes of a spec that names this device are computed; null: by the CPU.
std::shared_ptr<const JointDevice> joint_device(const std::string& device);

/// The pieces of the experiment that have kernels, on the device and on the CPU.
/// Throws NotSupportedError where there is no device.
std::vector<LawReport> check_device(const Experiment& experiment);

}  // namespace lvtino
