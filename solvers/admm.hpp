#pragma once

#include "solvers/joint_problem.hpp"

namespace lvtino {

/// The joint prox by alternating directions (Gabay and Mercier, 1976) on
///   min g(s) + |x - u|^2/(2 gamma) + |z|   subject to  K x = z,  x = s,
/// penalties rho and kappa, scaled multipliers b = q/rho and d. Every step is exact:
///   x: (1/gamma + kappa + rho K'K) x = u/gamma + kappa (s - d) + rho K'(z - b), diagonal in the DCT-II
///      along the axes of non-zero weight (forward differences with a free end are its Laplacian);
///   z: shrinkage; b + K x - z is then a projection, so that q = rho b <- proj(q + rho K x) lies in the
///      ball and certifies as it is, and z need not be kept;
///   s: the data prox with step 1/kappa (exact where the operator has factors).
/// Certified is (s, q), without data (x, q). No box. Memory: u, x, s, d, right side, scratch, two dual
/// fields and two videos of a transform: fourteen.
JointSolution admm(const JointProblem& problem, const JointProxOptions& options, TvDual&& start);

}  // namespace lvtino
