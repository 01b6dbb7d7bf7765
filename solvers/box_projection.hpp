#pragma once

#include <array>

namespace lvtino {

/// The point of the box {l <= c <= u} of three variables that is nearest to c0 in the metric
/// (c - c0)'W(c - c0), W symmetric and positive definite: a quadratic program, solved exactly.
///
/// Each variable is free or at one of its bounds. The pattern that c0 itself suggests is tried first
/// (it holds if its multipliers have the right signs); otherwise all 27 are, and the feasible point of
/// least distance is the answer, for every pattern's point is no better than the projection and the
/// right pattern gives it.
class BoxProjection3 {
 public:
  using Vector = std::array<double, 3>;
  using Matrix = std::array<Vector, 3>;

  explicit BoxProjection3(const Matrix& w);

  /// Bounds may be infinite on their own side.
  Vector project(const Vector& c0, const Vector& lower, const Vector& upper) const;
  /// W d.
  Vector weighted(const Vector& d) const;

 private:
  Vector moved(int fixed, Vector d) const;
  Vector enumerated(const Vector& c0, const Vector& lower, const Vector& upper) const;

  Matrix w_;
  // gain_[fixed][i][j]: how a free variable i follows the fixed variable j; `fixed` is a bit set.
  std::array<Matrix, 8> gain_;
};

}  // namespace lvtino
