#pragma once

#include <algorithm>
#include <type_traits>

#include "lvtino/device/pack.hpp"
#include "priors/nn/fused_kernels.hpp"
#include "priors/nn/short_numbers.hpp"
#ifndef LVTINO_DEVICE_EMULATED
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#endif

// Numbers of the networks in float32 and back, for .cu files alone: the device's own conversions,
// the CPU kernels' in the emulator.
namespace lvtino::device {

using kernels::BFloat16;
using kernels::Float16;

#ifdef LVTINO_DEVICE_EMULATED
template <class T>
float wide(T x) {
  return kernels::widened(x);
}
template <class T>
T narrowed(float x) {
  T out;
  kernels::narrow(x, out);
  return out;
}
#else
__device__ __forceinline__ float wide(float x) { return x; }
__device__ __forceinline__ float wide(BFloat16 x) {
  return __uint_as_float(unsigned(x.bits) << 16);
}
__device__ __forceinline__ float wide(Float16 x) { return __half2float(__ushort_as_half(x.bits)); }
template <class T>
__device__ __forceinline__ T narrowed(float x) {
  if constexpr (sizeof(T) == 4)
    return x;
  else if constexpr (std::is_same_v<T, BFloat16>)
    return {__bfloat16_as_ushort(__float2bfloat16_rn(x))};
  else
    return {__half_as_ushort(__float2half_rn(x))};
}
#endif

/// `width` neighbours in float32: in one move if they are a full pack.
template <int width, class T>
__device__ __forceinline__ Pack<float, width> widened(const T* from) {
  Pack<float, width> out;
  if constexpr (width == kFullPack<T>) {
    const Pack<T, width> numbers = load<width>(from);
#pragma unroll
    for (int k = 0; k < width; ++k) out.at[k] = wide(numbers.at[k]);
  } else {
#pragma unroll
    for (int k = 0; k < width; ++k) out.at[k] = wide(from[k]);
  }
  return out;
}

template <class T, int width>
__device__ __forceinline__ void store_narrowed(T* to, const Pack<float, width>& values) {
  if constexpr (width == kFullPack<T>) {
    Pack<T, width> numbers;
#pragma unroll
    for (int k = 0; k < width; ++k) numbers.at[k] = narrowed<T>(values.at[k]);
    store(to, numbers);
  } else {
#pragma unroll
    for (int k = 0; k < width; ++k) to[k] = narrowed<T>(values.at[k]);
  }
}

__device__ __forceinline__ float silu(float x) { return x / (1.f + expf(-x)); }
__device__ __forceinline__ float gelu(float x) { return 0.5f * x * (1.f + erff(x * 0.70710678f)); }

/// Sums of `count` values over the threads of a block, the same for all of them; at least kSegments
/// threads, and memory of a block of block_sum_bytes.
constexpr int kSegments = 16;
template <int count>
constexpr std::int64_t block_sum_bytes(int threads) {
  return std::int64_t(sizeof(float)) * count * (threads + kSegments);
}
template <int count>
__device__ __forceinline__ void block_sum(float (&values)[count], float* shared) {
  const int threads = int(blockDim.x), own = int(threadIdx.x);
  float* const segments = shared + count * threads;
  __syncthreads();  // the memory may still be read
#pragma unroll
  for (int c = 0; c < count; ++c) shared[c * threads + own] = values[c];
  __syncthreads();
  if (own < kSegments)
#pragma unroll
    for (int c = 0; c < count; ++c) {
      float sum = 0;
      for (int k = own; k < threads; k += kSegments) sum += shared[c * threads + k];
      segments[c * kSegments + own] = sum;
    }
  __syncthreads();
#pragma unroll
  for (int c = 0; c < count; ++c) {
    values[c] = 0;
    for (int k = 0; k < kSegments; ++k) values[c] += segments[c * kSegments + k];
  }
}

/// Threads for `packs` packs of work.
inline int threads_for(std::int64_t packs) {
  return int(std::min<std::int64_t>(256, quotient_up(std::max<std::int64_t>(packs, 1), 32) * 32));
}

/// `launch(number, width)` with a number of the step's type and the width of packs, an integral
/// constant: full packs where rows of `row` numbers at `pointers` allow it, else pairs or single
/// ones.
template <class Launch, class... Pointers>
void with_packs(kernels::Number number, std::int64_t row, const Launch& launch,
                const Pointers*... pointers) {
  const auto typed = [&](auto zero) {
    using T = decltype(zero);
    if (packs_fit<T>(row, pointers...))
      launch(zero, std::integral_constant<int, kFullPack<T>>());
    else if (row % 2 == 0)
      launch(zero, std::integral_constant<int, 2>());
    else
      launch(zero, std::integral_constant<int, 1>());
  };
  if (number == kernels::Number::float32)
    typed(0.f);
  else if (number == kernels::Number::bfloat16)
    typed(BFloat16{});
  else
    typed(Float16{});
}

}  // namespace lvtino::device
