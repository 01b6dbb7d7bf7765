#pragma once

#include "lvtino/device/runtime.hpp"
#include "solvers/tv_kernels.hpp"

/// The passes of solvers/tv_kernels.hpp on the device: the same arguments, pointers to device
/// memory. A thread walks along the frames, so that every number is moved once but for the
/// neighbours above, below and beside it, which come from cache.
namespace lvtino::device {

using kernels::TvFields;
using kernels::TvShape;
using kernels::TvWeights;

/// q <- q + rho (proj(q + step K(x + theta (x - previous))) - q), rho = `relaxation` in (0, 2). 8
/// words a voxel; 7 where theta is 0.
template <class T>
void tv_dual_step(const Stream& stream, const TvShape& shape, const TvWeights& weights, const T* x,
                  const T* previous, T theta, T step, T relaxation, const TvFields<T>& q);

/// out = a x + b u - c K'q. 6 words a voxel. `x` and `u` may be null where a, b are 0: then it is
/// the weighted divergence of 4 words. `out` may be x.
template <class T>
void tv_primal_step(const Stream& stream, const TvShape& shape, const TvWeights& weights,
                    const T* x, T a, const T* u, T b, T c, const TvFields<T>& q, T* out);

/// The same from the relaxed state: state <- state + rho (x - state), next = a state + b u - c K'q.
/// 8 words a voxel. `state` may be null where rho is 1; `next` may be x, and `next_state` state or
/// x.
template <class T>
void tv_relaxed_primal_step(const Stream& stream, const TvShape& shape, const TvWeights& weights,
                            const T* x, const T* state, T relaxation, T a, const T* u, T b, T c,
                            const TvFields<T>& q, T* next, T* next_state);

/// What the primal-dual iteration carries.
template <class T>
struct TvIterate {
  T* x;
  T* state;
  TvFields<T> q;
};

/// tv_dual_step and tv_relaxed_primal_step in one pass of 11 words a voxel:
///   p = proj(q + step K(x + theta (x - state))),  q' = q + rho (p - q),
///   state' = state + rho (x - state),             x' = a state' + b u - c K'q'.
/// A thread computes the field of the voxels that look at its own once more. No array of `next` is
/// one of `now`.
template <class T>
void tv_primal_dual_step(const Stream& stream, const TvShape& shape, const TvWeights& weights,
                         const TvIterate<T>& now, T theta, T step, T relaxation, const T* u, T a,
                         T b, T c, const TvIterate<T>& next);

/// tv_primal_step, and sum (K'q) u - (gamma / 2) (K'q)^2 into *sum on the device, in float64 and in
/// one order. `partial` holds tv_partials(shape) numbers; `out` may be null: the sum alone.
template <class T>
void tv_primal_step_with_sum(const Stream& stream, const TvShape& shape, const TvWeights& weights,
                             const T* x, T a, const T* u, T b, T c, const TvFields<T>& q,
                             double gamma, T* out, double* partial, double* sum);
std::int64_t tv_partials(const TvShape& shape);

/// sums[0] = phi(x), sums[1] = |x - u|^2 (0 where u is null). 2 words a voxel. `partial` holds
/// 2 tv_partials(shape) numbers.
template <class T>
void tv_value(const Stream& stream, const TvShape& shape, const TvWeights& weights, const T* x,
              const T* u, double* partial, double* sums);

/// q = K x. 4 words a voxel.
template <class T>
void tv_gradient(const Stream& stream, const TvShape& shape, const TvWeights& weights, const T* x,
                 const TvFields<T>& q);

}  // namespace lvtino::device
