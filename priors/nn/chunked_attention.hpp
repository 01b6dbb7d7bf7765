#pragma once

#include "lvtino/core/tensor.hpp"

namespace lvtino::nn {

constexpr std::int64_t kMostScores = std::int64_t{1} << 26;

/// `attention` of layers.hpp over blocks of queries, no more than `most_scores` products of queries
/// and keys at a time: the softmax of a query needs no other query, so this is exact. For heads too
/// wide for the fused kernels, which would otherwise hold all products in memory.
Tensor chunked_attention(const Tensor& q, const Tensor& k, const Tensor& v,
                         std::int64_t most_scores = kMostScores);

}  // namespace lvtino::nn
