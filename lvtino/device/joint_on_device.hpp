#pragma once

#include "lvtino/device/primal_dual.hpp"
#include "solvers/joint_device.hpp"

namespace lvtino::device {

/// Joint proxes on the first GPU: method chambolle_pock with plain steps, without a box, without
/// data or with those of a separable operator that gives no more of them than unknowns. A prox
/// uploads u and the dual field to start from, iterates, and downloads x and the dual field; what
/// it takes there is let go of before it returns. Immutable, without a state.
class JointOnDevice final : public JointDevice {
 public:
  /// Two passes take six videos where one takes eleven; what one saves is little beside the
  /// transfers of a prox of a few tens of iterations. `lvtino_device_check --measure` times both.
  explicit JointOnDevice(Sweep sweep = Sweep::two_passes) : sweep_(sweep) {}
  std::string refusal(const LinearOperator* a, const JointProxOptions& options) const override;
  std::int64_t bytes(const Shape& domain, const Placement& placement, const TotalVariation& tv,
                     const LinearOperator* a) const override;
  /// Throws NotSupportedError where there is no device, DeviceError where its memory does not do.
  JointSolution solve(const JointProblem& problem, const JointProxOptions& options,
                      TvDual&& start) const override;

 private:
  Sweep sweep_;
};

}  // namespace lvtino::device
