#pragma once

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// out = the dense matrix `m` [R, L] applied along dimension `axis` of `x` (extent L there), which
/// becomes R. CPU work is cut into blocks of a fixed size, each one single-threaded matrix product,
/// so the result has the same bits for any number of threads.
/// Throws ShapeError / PlacementError if the operands do not fit.
Tensor axis_product(const Tensor& m, const Tensor& x, std::int64_t axis);

/// The orthonormal DCT-II of length n: row k is c_k cos(pi (j + 1/2) k / n), c_0 = sqrt(1/n),
/// c_k = sqrt(2/n). Its transpose is its inverse.
Tensor dct_matrix(std::int64_t n, const Placement& placement);

}  // namespace lvtino
