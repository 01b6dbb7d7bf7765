#pragma once

#include "lvtino/device/primal_dual.hpp"
#include "solvers/data_term.hpp"
#include "solvers/total_variation.hpp"

namespace lvtino::device {

/// What `PrimalDualLoop` computes, by the passes that the CPU's solvers are made of. `data` may be
/// null.
Tensor primal_dual_on_cpu(const TotalVariation& tv, const Tensor& u, const PrimalDualSteps& steps,
                          const DataTerm* data, int iterations);

}  // namespace lvtino::device
