#pragma once

#include "solvers/joint_problem.hpp"

namespace lvtino {

/// `chambolle_pock`, one channel of one sample at a time, with the bits of the whole from a cold start.
///
/// Total variation does not couple channels, and `problem.slices` says that the data term does not
/// either: the iterations of a slice are those of the whole. Where the whole stops depends on
/// the sum of all certificates. So each slice first runs until its own gap meets the tolerance; the
/// joint curve, the sum of theirs, then gives the iteration at which the whole would have stopped, and
/// a slice that has another is computed again up to there. At worst every slice runs three times.
/// No dual field comes in or goes out: keeping it would take three videos. Memory: u, x, and of one slice the
/// iterate, its predecessor and the dual field: 2 + 5/(N C) videos.
/// Throws NotSupportedError if the data term does not fall apart into slices.
JointSolution joint_by_slice(const JointProblem& problem, const JointProxOptions& options, TvDual&& start);

}  // namespace lvtino
