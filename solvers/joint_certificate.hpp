#pragma once

#include <functional>

#include "lvtino/core/meter.hpp"
#include "solvers/joint_problem.hpp"

/// What the methods of the joint prox share: the certificate on which each of them ends.
namespace lvtino {

/// Slice `index` (sample by sample, channel by channel) of a video, [1, 1, T, H, W]: a view.
Tensor slice_of(const Tensor& video, std::int64_t index);
TvDual slice_of(const TvDual& dual, std::int64_t index);

/// x(q) = argmin_x g(x) + |x - u|^2/(2 gamma) + <K x, q> + <x, r>, the prox of g at
/// u - gamma (K'q + r), into `x`: the minimiser of P where (q, r) is optimal.
void primal_of_dual(const JointProblem& problem, const TvDual& dual, Tensor& x);

/// P at x and D at (q, r): any |q| <= 1 and any r bound the minimum from below by
///   D(q, r) = <d, u> - gamma/2 |d|^2 - S(r) + min_x [g(x) + |x - w|^2/(2 gamma)],
///   d = K'q + r,  w = u - gamma d,  S(r) = sum max(low r, high r)  (r = 0, S = 0 without a box).
/// Overwrites `scratch`, a video. Where the problem falls apart into slices it is a sum over them, the
/// same bits whether they are computed together or one at a time.
CurvePoint certificate(const JointProblem& problem, const Tensor& x, const TvDual& dual, Tensor& scratch);

/// Draws certificates on the way, decides when to stop and words the result.
class JointMonitor {
 public:
  JointMonitor(const JointProblem& problem, const JointProxOptions& options, JointSolution& out);

  int iteration() const { return out_.summary.iterations; }
  void next() { ++out_.summary.iterations; }
  /// Whether a certificate is to be drawn now.
  bool due() const;
  /// Draws one, of x and the dual field of the solution; true if the iteration ends here. With a box
  /// x is judged after projection on it.
  bool stop(const Tensor& x, Tensor& scratch);
  /// The same with P and D from `draw`, for whom keeps x and the dual field elsewhere.
  bool stop(const std::function<CurvePoint()>& draw);
  /// Enters the x that was judged last.
  void finish(const Tensor& x, const std::string& remark = "");

 private:
  const JointProblem& problem_;
  const JointProxOptions& options_;
  JointSolution& out_;
  Tensor projected_;
  Clock clock_;
  double certificate_seconds_ = 0;
};

/// The primal step that balances the two variables: the change of x a voxel over the size of K'q. The
/// mean variation of u a voxel stands in for the former (both scale as u does), |K| for the latter. The
/// factors are measured; see docs/mathematics.md, "Steps". The accelerated rule shrinks its step anyway
/// and only has to begin large enough. gamma where nothing varies.
double chosen_step(const JointProblem& problem, StepRule rule);
/// The same where phi(u) is known.
double chosen_step(const JointProblem& problem, StepRule rule, double variation);

}  // namespace lvtino
