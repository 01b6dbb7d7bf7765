#pragma once

#include <algorithm>

#include "lvtino/device/launch.hpp"
#include "lvtino/device/sums.hpp"

namespace lvtino::device {

constexpr int kSumThreads = 256;
constexpr std::int64_t kSumBytes = kSumThreads * std::int64_t(sizeof(double));

/// partial[block] = sum over the threads of a block, always in the same order.
__device__ inline void add_over_block(double value, double* partial) {
  double* const shared = block_memory<double>();
  const unsigned own = threadIdx.y * blockDim.x + threadIdx.x, count = blockDim.x * blockDim.y;
  shared[own] = value;
  __syncthreads();
  for (unsigned half = count / 2; half > 0; half /= 2) {
    if (own < half) shared[own] += shared[own + half];
    __syncthreads();
  }
  if (own == 0) partial[blockIdx.x] = shared[0];
}

/// Adds term(i) for the numbers i < count of this thread, and that over its block of kSumThreads.
template <class Term>
__device__ __forceinline__ void add_terms(std::int64_t count, double* partial, const Term& term) {
  double sum = 0;
  for (std::int64_t i = std::int64_t(blockIdx.x) * kSumThreads + threadIdx.x; i < count;
       i += std::int64_t(gridDim.x) * kSumThreads)
    sum += term(i);
  add_over_block(sum, partial);
}

/// Blocks of such a sum.
inline std::int64_t sum_blocks(std::int64_t count) {
  return std::min(kMostPartials, quotient_up(count, kSumThreads));
}

}  // namespace lvtino::device
