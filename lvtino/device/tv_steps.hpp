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

/// q = proj(q + step K(x + theta (x - previous))). 8 words a voxel; 7 where theta is 0.
template <class T>
void tv_dual_step(const Stream& stream, const TvShape& shape, const TvWeights& weights, const T* x,
                  const T* previous, T theta, T step, const TvFields<T>& q);

/// out = a x + b u - c K'q. 6 words a voxel. `x` and `u` may be null where a, b are 0: then it is
/// the weighted divergence of 4 words. `out` may be x.
template <class T>
void tv_primal_step(const Stream& stream, const TvShape& shape, const TvWeights& weights,
                    const T* x, T a, const T* u, T b, T c, const TvFields<T>& q, T* out);

/// The same, and sum (K'q) u - (gamma / 2) (K'q)^2 into *sum on the device, in float64 and in one
/// order. `partial` holds tv_partials(shape) numbers.
template <class T>
void tv_primal_step_with_sum(const Stream& stream, const TvShape& shape, const TvWeights& weights,
                             const T* x, T a, const T* u, T b, T c, const TvFields<T>& q,
                             double gamma, T* out, double* partial, double* sum);
std::int64_t tv_partials(const TvShape& shape);

/// q = K x. 4 words a voxel.
template <class T>
void tv_gradient(const Stream& stream, const TvShape& shape, const TvWeights& weights, const T* x,
                 const TvFields<T>& q);

}  // namespace lvtino::device
