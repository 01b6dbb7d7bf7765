#pragma once

#include <vector>

#include "lvtino/core/rng.hpp"
#include "operators/forward_model.hpp"
#include "validation/law.hpp"

namespace lvtino {

// Laws of forward models with a derivative, in float64, at a video x.

/// F'(x) v is (F(x + h v) - F(x - h v)) / 2h, relative, v drawn. The best of the steps h = 1e-6,
/// 1e-7 and 3e-8 counts: a kink may lie between the points of the longer ones, a wrong derivative
/// is wrong at all. Throws PlacementError unless the model is in float64.
LawReport derivative_by_differences(const ForwardModel& f, const Tensor& x, const Rng& rng);
/// <F'(x) v, w> = <v, F'(x)'w>, v and w drawn.
LawReport derivative_adjointness(const ForwardModel& f, const Tensor& x, const Rng& rng);
/// F'(x)(a v + b w) = a F'(x) v + b F'(x) w.
LawReport derivative_linearity(const ForwardModel& f, const Tensor& x, const Rng& rng);

/// All of them.
std::vector<LawReport> derivative_laws(const ForwardModel& f, const Tensor& x, const Rng& rng);

}  // namespace lvtino
