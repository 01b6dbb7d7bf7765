#pragma once

#include <algorithm>

#include "lvtino/device/launch.hpp"
#include "lvtino/device/sums.hpp"

namespace lvtino::device {

constexpr int kSumThreads = 256;
constexpr std::int64_t kSumBytes = kSumThreads * std::int64_t(sizeof(double));

/// partial[block] = sum over the kSumThreads of a block, always in the same order: by sixteen of
/// them, then by the first.
__device__ inline void add_over_block(double value, double* partial) {
  constexpr unsigned kFew = 16;
  double* const shared = block_memory<double>();
  const unsigned own = threadIdx.y * blockDim.x + threadIdx.x;
  shared[own] = value;
  __syncthreads();
  if (own < kFew) {  // nobody else reads its number
    for (unsigned k = own + kFew; k < kSumThreads; k += kFew) value += shared[k];
    shared[own] = value;
  }
  __syncthreads();
  if (own == 0) {
    for (unsigned k = 1; k < kFew; ++k) value += shared[k];
    partial[blockIdx.x] = value;
  }
  __syncthreads();  // the memory may be used again
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
