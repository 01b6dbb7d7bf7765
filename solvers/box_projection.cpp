#include "solvers/box_projection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace lvtino {
namespace {

using Vector = BoxProjection3::Vector;
using Matrix = BoxProjection3::Matrix;

// Minimising d'Wd over the free part leaves W_ff d_f = -W_fg d_g; by Gauss-Jordan on the free rows.
Matrix gain_of(const Matrix& w, int fixed) {
  double rows[3][6] = {};
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) {
      const bool free_i = !(fixed >> i & 1), free_j = !(fixed >> j & 1);
      rows[i][j] = free_i && free_j ? w[i][j] : double(i == j);
      rows[i][3 + j] = free_i && !free_j ? -w[i][j] : 0;
    }
  for (int k = 0; k < 3; ++k) {  // positive definite: no pivoting
    const double pivot = rows[k][k];
    for (double& value : rows[k]) value /= pivot;
    for (int i = 0; i < 3; ++i) {
      const double factor = i == k ? 0 : rows[i][k];
      for (int j = 0; j < 6; ++j) rows[i][j] -= factor * rows[k][j];
    }
  }
  Matrix out{};
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) out[i][j] = rows[i][3 + j];
  return out;
}

}  // namespace

BoxProjection3::BoxProjection3(const Matrix& w) : w_(w) {
  for (int fixed = 0; fixed < 8; ++fixed) gain_[std::size_t(fixed)] = gain_of(w, fixed);
}

Vector BoxProjection3::weighted(const Vector& d) const {
  Vector out;
  for (std::size_t i = 0; i < 3; ++i) out[i] = w_[i][0] * d[0] + w_[i][1] * d[1] + w_[i][2] * d[2];
  return out;
}

// d holds the displacements of the fixed variables and 0 elsewhere; the free ones follow.
Vector BoxProjection3::moved(int fixed, Vector d) const {
  const Matrix& gain = gain_[std::size_t(fixed)];
  Vector out = d;
  for (std::size_t i = 0; i < 3; ++i)
    if (!(fixed >> i & 1)) out[i] = gain[i][0] * d[0] + gain[i][1] * d[1] + gain[i][2] * d[2];
  return out;
}

Vector BoxProjection3::project(const Vector& c0, const Vector& lower, const Vector& upper) const {
  int fixed = 0;
  Vector d{};
  for (int i = 0; i < 3; ++i) {
    const auto at = std::size_t(i);
    if (c0[at] < lower[at]) fixed |= 1 << i, d[at] = lower[at] - c0[at];
    if (c0[at] > upper[at]) fixed |= 1 << i, d[at] = upper[at] - c0[at];
  }
  if (fixed == 0) return c0;
  const Vector step = moved(fixed, d), slope = weighted(step);
  Vector c;
  for (std::size_t i = 0; i < 3; ++i) {
    c[i] = c0[i] + step[i];
    if (fixed >> i & 1) {
      c[i] = d[i] > 0 ? lower[i] : upper[i];
      if (slope[i] * d[i] < 0) return enumerated(c0, lower, upper);
    } else if (c[i] < lower[i] || c[i] > upper[i]) {
      return enumerated(c0, lower, upper);
    }
  }
  return c;
}

Vector BoxProjection3::enumerated(const Vector& c0, const Vector& lower, const Vector& upper) const {
  Vector best{};
  double least = std::numeric_limits<double>::infinity();
  for (int pattern = 0; pattern < 27; ++pattern) {
    const int states[3] = {pattern % 3, pattern / 3 % 3, pattern / 9};
    int fixed = 0;
    Vector d{};
    bool possible = true;
    for (int i = 0; i < 3; ++i) {
      if (states[i] == 0) continue;
      const auto at = std::size_t(i);
      fixed |= 1 << i, d[at] = (states[i] == 1 ? lower[at] : upper[at]) - c0[at];
      possible = possible && std::isfinite(d[at]);
    }
    if (!possible) continue;
    const Vector step = moved(fixed, d);
    Vector c;
    for (std::size_t i = 0; i < 3; ++i) {
      c[i] = states[i] == 0 ? c0[i] + step[i] : states[i] == 1 ? lower[i] : upper[i];
      // Rounding may put a free variable a hair outside a bound that it touches.
      const double hair = 1e-13 * (std::abs(c0[i]) + std::abs(step[i]));
      possible = possible && c[i] >= lower[i] - hair && c[i] <= upper[i] + hair;
      c[i] = std::clamp(c[i], lower[i], upper[i]);
    }
    if (!possible) continue;
    const Vector slope = weighted(step);
    const double distance = step[0] * slope[0] + step[1] * slope[1] + step[2] * slope[2];
    if (distance < least) least = distance, best = c;
  }
  return best;
}

}  // namespace lvtino
