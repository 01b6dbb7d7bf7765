#pragma once

#include <vector>

#include "lvtino/core/rng.hpp"
#include "operators/linear_operator.hpp"
#include "solvers/data_term.hpp"
#include "solvers/total_variation.hpp"
#include "validation/law.hpp"

namespace lvtino::device {

/// What the device computes of an operator, its data term and total variation beside what the CPU
/// does, at their shapes and dtype: separable products, the exact data prox or the JPEG projection,
/// and ten iterations of the primal-dual loop. Pieces without kernels have no row. Throws
/// NotSupportedError where there is no device.
std::vector<LawReport> spec_laws(const LinearOperator& a, const DataTerm& term,
                                 const TotalVariation& tv, double gamma, const Rng& rng);

}  // namespace lvtino::device
