#pragma once

#include "solvers/joint_problem.hpp"

namespace lvtino {

/// The joint prox by accelerated projected gradient ascent on its dual (Beck and Teboulle, 2009):
///   x <- prox of g at u - gamma (K'e + r_e), with step gamma;    grad D(e) = K x
///   q_new <- proj(e + K x / (gamma |K|^2));   e <- q_new + (t - 1)/t_new (q_new - q)
/// and likewise for the multiplier of a box. |grad D| is Lipschitz with gamma |K|^2 because a prox does
/// not expand. Certified is the pair (x(q), q). With `options.restart` the momentum begins anew where
/// a certificate finds D fallen. Memory: u, x, scratch and two dual fields, nine videos.
JointSolution dual_fista(const JointProblem& problem, const JointProxOptions& options, TvDual&& start);

}  // namespace lvtino
