#pragma once

#include "lvtino/device/pack.hpp"

/// What the kernels of total variation are made of, for .cu files alone.
namespace lvtino::device {

enum class Field { isotropic, anisotropic, gradient };

template <class T>
__device__ __forceinline__ T clipped(T value) {
  return value < T(-1) ? T(-1) : value > T(1) ? T(1) : value;
}

template <Field kind, class T>
__device__ __forceinline__ void project(T& h, T& v, T& t) {
  if constexpr (kind == Field::isotropic) {
    const T square = h * h + v * v + t * t;
    if (square > T(1)) {
      const T scale = T(1) / sqrt(square);
      h *= scale, v *= scale, t *= scale;
    }
  } else if constexpr (kind == Field::anisotropic) {
    h = clipped(h), v = clipped(v), t = clipped(t);
  }
}

// What K sees: x, or x + theta (x - previous).
template <class T, int width, bool extrapolates>
struct Sight {
  const T* __restrict__ x;
  const T* __restrict__ previous;
  T theta;

  __device__ __forceinline__ T one(std::int64_t at) const {
    if constexpr (extrapolates) return (T(1) + theta) * x[at] - theta * previous[at];
    return x[at];
  }
  __device__ __forceinline__ Pack<T, width> pack(std::int64_t at) const {
    Pack<T, width> now = load<width>(x + at);
    if constexpr (extrapolates) {
      const Pack<T, width> before = load<width>(previous + at);
#pragma unroll
      for (int k = 0; k < width; ++k) now.at[k] = (T(1) + theta) * now.at[k] - theta * before.at[k];
    }
    return now;
  }
};

// How far an iteration goes along the axes, and beyond the projection.
template <class T>
struct DualStep {
  T h, v, t, rho;
  // For rho = 1 the projection as it is.
  __device__ __forceinline__ T relaxed(T projected, T old) const {
    return rho * projected + (T(1) - rho) * old;
  }
};

/// What becomes of a field where K sees `here` and its three neighbours. An array that is null is
/// 0.
template <Field kind, class T>
__device__ __forceinline__ void advance_field(const DualStep<T>& step, T here, T right, T below,
                                              T later, T& h, T& v, T& s) {
  T to_h = h + step.h * (right - here), to_v = v + step.v * (below - here),
    to_s = s + step.t * (later - here);
  project<kind>(to_h, to_v, to_s);
  h = step.relaxed(to_h, h), v = step.relaxed(to_v, v), s = step.relaxed(to_s, s);
}

/// The pack at `at`, or zeros of an array that is null.
template <int width, class T>
__device__ __forceinline__ Pack<T, width> load_or_zero(const T* from, std::int64_t at) {
  return from ? load<width>(from + at) : filled<width>(T(0));
}

}  // namespace lvtino::device
