#pragma once

#include <array>

#include "lvtino/core/tensor.hpp"

namespace lvtino::nn {

/// Rotary positions of the tokens of a video grid (Su et al., "RoFormer", 2021), per axis as in
/// Wan: the pairs of adjacent features of a head are shared out over t, h and w in that order, D_h
/// = D_w = 2 floor(D / 6) features and D_t the rest; pair j of an axis turns by p 10000^(-2 j /
/// D_axis) at position p of that axis, which counts from 0.
///
/// `grid`: extents f, h, w of the tokens, which are in the order of t, then h, then w. Gives
/// complex numbers [f h w, D / 2], complex128, on `device`. Throws ShapeError for an odd D or one
/// below 6.
Tensor rotary_table(const std::array<std::int64_t, 3>& grid, std::int64_t head_features,
                    at::Device device);

/// Turns queries or keys [B, heads, tokens, D] by a table of that many tokens: float32 or, for
/// float64, float64 inside; cast back to the dtype of x.
Tensor rotate(const Tensor& x, const Tensor& table);

}  // namespace lvtino::nn
