#pragma once

#include "solvers/joint_problem.hpp"

namespace lvtino {

/// Adam (Kingma and Ba, 2015; beta .9 and .999, epsilon 1e-8) on the smoothed objective
///   g(x) + sum over voxels of sqrt(|K x|^2 + mu^2) + |x - u|^2/(2 gamma),   mu = smoothing max(l),
/// from u: the step of the published LVTINO code for Problem C, without its clamp, its gradient written
/// out: A'(A x - y)/sigma^2 + (x - u)/gamma + K'q, q = K x / sqrt(|K x|^2 + mu^2).
///
/// That q lies in the ball and certifies. At the minimiser of the smoothed objective P - D is
/// phi(x) - <K x, q>, at most mu/3.3 a voxel; it does not go away with iterations, and the message says
/// how much of the gap it is. Needs a data term with a gradient; no box. Memory: u, x, two moments, gradient
/// (twice) and the dual field, nine videos.
JointSolution smoothed_adam(const JointProblem& problem, const JointProxOptions& options, TvDual&& start);

/// Step `iteration` (from 1) of Adam on x, moments m and v in place; float32 or float64, contiguous.
void adam_step(const Tensor& gradient, int iteration, double rate, Tensor& m, Tensor& v, Tensor& x);

}  // namespace lvtino
