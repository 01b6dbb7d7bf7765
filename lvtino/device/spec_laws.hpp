#pragma once

#include <vector>

#include "lvtino/core/rng.hpp"
#include "operators/linear_operator.hpp"
#include "solvers/joint_prox.hpp"
#include "validation/law.hpp"

namespace lvtino::device {

/// What the device computes of an operator, its data term and joint prox beside what the CPU does,
/// at their shapes and dtype: separable products, the exact data prox or the JPEG projection, and
/// ten iterations of the joint prox, whose options name the device. Pieces without kernels have no
/// row. Throws NotSupportedError where there is no device.
std::vector<LawReport> spec_laws(const LinearOperator& a, std::shared_ptr<const DataTerm> term,
                                 const JointProx& joint, double gamma, const Rng& rng);

}  // namespace lvtino::device
