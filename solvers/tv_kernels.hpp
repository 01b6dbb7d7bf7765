#pragma once

#include <cstdint>

/// Fused passes of weighted 3-D total variation over plain pointers, on arrays [slices, T, H, W].
///
/// K x = (lh Dh x, lv Dv x, lt Dt x) with forward differences, zero at the last sample of an axis; h
/// runs along the width, v along the height. An axis of weight 0 has no dual field (null pointer).
/// Rows are cut into blocks that stay in cache from one frame to the next; sums are taken block by
/// block in a fixed order, so results do not depend on the number of threads.
namespace lvtino::kernels {

struct TvShape {
  std::int64_t slices, frames, height, width;
};

template <class T>
struct TvFields {
  T* h;
  T* v;
  T* t;
};

struct TvWeights {
  double h, v, t;
  bool isotropic;
};

/// First pass, 8 words a voxel: q = proj(q + step K(x + theta (x - previous))), the projection onto
/// the unit ball of each voxel's three numbers (isotropic) or of each number.
/// Reads x, previous, q (3); writes q (3).
template <class T>
void tv_dual_step(const TvShape& shape, const TvWeights& weights, const T* x, const T* previous,
                  T theta, T step, const TvFields<T>& q);

/// Second pass, 6 words a voxel (7 with the read for ownership): out = a x + b u - c K'q.
/// Reads x, u, q (3); writes out. `x` may be null where a is 0; `out` may be x, or null: the sum alone.
/// Returns sum of (K'q) u - (gamma / 2) (K'q)^2, the linear part of the dual objective.
template <class T>
double tv_primal_step(const TvShape& shape, const TvWeights& weights, const T* x, T a, const T* u,
                      T b, T c, const TvFields<T>& q, double gamma, T* out);

/// Both passes of an iteration in one sweep over the video, 11 words a voxel, relaxed by 0 < rho < 2
/// (Condat 2013, Algorithm 3.1; the same as the two passes where rho is 1):
///   p = proj(q + step K(x + theta (x - state))),  q <- q + rho (p - q),
///   state <- state + rho (x - state),             x <- a state + b u - c K'q.
/// Reads x, state, u, q (3); writes x, state, q (3).
template <class T>
void tv_primal_dual_step(const TvShape& shape, const TvWeights& weights, T* x, T* state, T theta, T step,
                         T relaxation, const T* u, T a, T b, T c, const TvFields<T>& q);

/// The same from x = state = u and q = 0, which need not be there yet: 6 words a voxel.
template <class T>
void tv_first_step(const TvShape& shape, const TvWeights& weights, const T* u, T step, T relaxation, T a, T b, T c,
                   const TvFields<T>& q, T* x, T* state);

/// q = K x / sqrt(|K x|^2 + mu^2) a voxel (isotropic) or a number (anisotropic), mu > 0. Reads x,
/// writes q (3).
template <class T>
void tv_smoothed_field(const TvShape& shape, const TvWeights& weights, const T* x, T mu,
                       const TvFields<T>& q);

/// phi(x) and, with u, |x - u|^2 beside it. 2 words a voxel.
struct TvValue {
  double variation, squared_distance;
};
template <class T>
TvValue tv_value(const TvShape& shape, const TvWeights& weights, const T* x, const T* u);

}  // namespace lvtino::kernels
