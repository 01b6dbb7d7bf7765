#pragma once

#include <vector>

#include "lvtino/experiment.hpp"
#include "validation/law.hpp"

namespace lvtino {

/// The laws of everything that a spec names, on its own shapes, dtype and device: operator, data
/// prox, joint prox, priors.
std::vector<LawReport> check_laws(const Experiment& experiment);

}  // namespace lvtino
