#pragma once

#include "tests/dense.hpp"
#include "operators/intervals.hpp"

namespace lvtino::dense {

/// The projection of v onto {l <= A x <= u} by Hildreth's method: the dual is maximised exactly in
/// one multiplier after the other until none moves. Dense, float64; for a few hundred rows.
inline Vector project_by_coordinates(const Matrix& a, const Vector& lower, const Vector& upper,
                                     const Vector& v) {
  Vector x = v, m = Vector::Zero(a.rows());
  const Vector squared = a.rowwise().squaredNorm();
  for (int sweep = 0; sweep < 200000; ++sweep) {
    double moved = 0;
    for (Eigen::Index i = 0; i < a.rows(); ++i) {
      if (squared[i] == 0) continue;
      const double r = a.row(i).dot(x);
      const double wanted = m[i] + std::max((r - upper[i]) / squared[i], -m[i]);
      const double below = m[i] + std::min((r - lower[i]) / squared[i], -m[i]);
      double next = 0;  // of the three branches of clip(m + r / s) the one whose sign holds
      if (m[i] + (r - upper[i]) / squared[i] > 0) next = wanted;
      else if (m[i] + (r - lower[i]) / squared[i] < 0) next = below;
      x -= a.row(i).transpose() * (next - m[i]);
      moved = std::max(moved, std::abs(next - m[i]) * std::sqrt(squared[i]));
      m[i] = next;
    }
    if (moved < 1e-14) break;
  }
  return x;
}

inline Vector project_by_coordinates(const Intervals& set, const Tensor& v) {
  return project_by_coordinates(matrix_of(*set.op), vector_of(set.lower), vector_of(set.upper),
                                vector_of(v));
}

}  // namespace lvtino::dense
