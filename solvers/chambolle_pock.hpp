#pragma once

#include "solvers/joint_problem.hpp"

namespace lvtino {

/// The joint prox by Chambolle and Pock (2011), the data prox as inner step:
///   q <- proj(q + s K(x + theta (x - x_old)));  with a box also r <- r-prox, see solvers/box.hpp
///   x <- prox of g + |. - u|^2/(2 gamma) at x - tau (K'q + r), a data prox with a shifted centre.
/// tau (s |K|^2 + s_box) <= 1. `options.step` must have been chosen. Memory: u, x, its predecessor and
/// the dual field, six videos in all (with a box: its multiplier and the projected iterate too).
JointSolution chambolle_pock(const JointProblem& problem, const JointProxOptions& options, TvDual&& start);

/// rho of that iteration.
double relaxation_of(const JointProxOptions& options);

}  // namespace lvtino
