#include "lvtino/device_check.hpp"

#include "lvtino/core/error.hpp"
#ifdef LVTINO_HAS_CUDA
#include "lvtino/device/fused_use.hpp"
#include "lvtino/device/joint_on_device.hpp"
#include "lvtino/device/pass_recorder.hpp"
#include "lvtino/device/runtime.hpp"
#include "lvtino/device/spec_laws.hpp"
#endif

namespace lvtino {

#ifdef LVTINO_HAS_CUDA
void require_device(const std::string&) {}

void require_running_device(const std::string& device) {
  const std::string reason = device == "cpu" ? "" : device::problem();
  if (!reason.empty()) throw NotSupportedError(text("device ", device, ": ", reason));
}

void use_device_kernels() {
  device::use_fused_steps();
  device::use_pass_recorder();
}

std::shared_ptr<const JointDevice> joint_device(const std::string& device) {
  return device == "cpu" ? nullptr : std::make_shared<device::JointOnDevice>();
}

std::vector<LawReport> check_device(const Experiment& experiment) {
  const Plan& plan = experiment.plan;
  const auto term = plan.model->data_term(experiment.measured());
  return device::spec_laws(*plan.model->linear(), term, *plan.joint_prox(term),
                           plan.sampler.steps.back().delta * plan.sampler.eta,
                           experiment.rng().fork("check").fork("device"));
}
#else
void require_device(const std::string& device) {
  if (device != "cpu")
    throw NotBuiltError(text("device ", device, ": this build has kernels for the CPU only"));
}

void require_running_device(const std::string& device) { require_device(device); }

void use_device_kernels() {}

std::shared_ptr<const JointDevice> joint_device(const std::string&) { return nullptr; }

std::vector<LawReport> check_device(const Experiment&) { return {}; }
#endif

}  // namespace lvtino
