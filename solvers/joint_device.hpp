#pragma once

#include <string>

#include "operators/linear_operator.hpp"
#include "solvers/joint_problem.hpp"

namespace lvtino {

/// A place other than the CPU where joint proxes are computed. The solvers know no such place: whoever
/// has one hands it over in `JointProxOptions` (lvtino/device/joint_on_device.hpp).
class JointDevice {
 public:
  virtual ~JointDevice() = default;

  /// Why a prox with a Gaussian data term of this operator (null: without data) stays on the CPU;
  /// empty where it does not. `options` are valid.
  virtual std::string refusal(const LinearOperator* a, const JointProxOptions& options) const = 0;

  /// Bytes that `solve` takes there, and lets go of when it returns, for videos of this shape and
  /// placement.
  virtual std::int64_t bytes(const Shape& domain, const Placement& placement, const TotalVariation& tv,
                             const LinearOperator* a) const = 0;

  /// What `chambolle_pock` computes, with the same certificates at the same iterations, for a problem in
  /// which something varies and that is not refused. `options.step` may be 0: then it is chosen as on the
  /// CPU. Tensors are the CPU's on both sides; the same bits on every run, but not those of the CPU.
  virtual JointSolution solve(const JointProblem& problem, const JointProxOptions& options, TvDual&& start) const = 0;
};

}  // namespace lvtino
