#pragma once

#include <array>

#include "tests/dense.hpp"
#include "solvers/total_variation.hpp"

/// Total variation written out plainly, for the tests of the fused passes.
namespace lvtino::dense {

/// Weighted forward differences (h, v, t) of a video, zero at the last sample of an axis.
inline std::array<Tensor, 3> differences(const TotalVariation& tv, const Tensor& x) {
  const auto along = [&](double weight, std::int64_t axis) {
    const std::int64_t n = x.size(axis);
    const Tensor out = at::zeros_like(x);
    if (n > 1)
      out.narrow(axis, 0, n - 1)
          .copy_((x.narrow(axis, 1, n - 1) - x.narrow(axis, 0, n - 1)) * weight);
    return out;
  };
  return {along(tv.weights().h, 4), along(tv.weights().v, 3), along(tv.weights().t, 2)};
}

/// The transpose of `differences`. Undefined fields count as zero.
inline Tensor differences_adjoint(const TotalVariation& tv, const std::array<Tensor, 3>& q,
                                  const Tensor& like) {
  const Tensor out = at::zeros_like(like);
  const auto along = [&](const Tensor& field, double weight, std::int64_t axis) {
    const std::int64_t n = like.size(axis);
    if (!field.defined() || n == 1) return;
    const Tensor inner = field.narrow(axis, 0, n - 1) * weight;
    out.narrow(axis, 1, n - 1).add_(inner);
    out.narrow(axis, 0, n - 1).sub_(inner);
  };
  along(q[0], tv.weights().h, 4), along(q[1], tv.weights().v, 3), along(q[2], tv.weights().t, 2);
  return out;
}

/// Size of each voxel's three numbers: Euclidean, or the sum of absolute values.
inline Tensor lengths(const TotalVariation& tv, const std::array<Tensor, 3>& d) {
  if (!tv.weights().isotropic) return d[0].abs() + d[1].abs() + d[2].abs();
  return (d[0].square() + d[1].square() + d[2].square()).sqrt();
}

inline double variation(const TotalVariation& tv, const Tensor& x) {
  return lengths(tv, differences(tv, x.to(at::kDouble))).sum().item<double>();
}

/// K, [3 n, n]: the rows of h, then v, then t.
inline Matrix difference_matrix(const TotalVariation& tv, const Shape& shape) {
  const std::int64_t n = element_count(shape);
  Matrix k(3 * n, n);
  for (std::int64_t j = 0; j < n; ++j) {
    const auto d = differences(tv, tensor_of(Vector::Unit(n, j), shape));
    for (std::int64_t axis = 0; axis < 3; ++axis)
      k.col(j).segment(axis * n, n) = vector_of(d[std::size_t(axis)]);
  }
  return k;
}

}  // namespace lvtino::dense
