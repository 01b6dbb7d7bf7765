#pragma once

#include "lvtino/core/tensor.hpp"

namespace lvtino::nn {

/// Features of the frames of one clip: [T, C, H, W], channels last in memory, so that [T, H W, C]
/// is a view and a convolution along time needs no copy.
///
/// Weights are master copies in float32; they and the bias take the dtype of the features when they
/// are used, so that the same functions train in mixed precision.

/// Two-dimensional convolution of each frame, zero-padded to the same size for odd kernels and
/// stride 1. `weight` is [C_out, C_in, k, k].
Tensor frame_convolution(const Tensor& x, const Tensor& weight, const Tensor& bias);

/// Convolution along time at each pixel, zeros before the first and after the last frame:
/// y_t = sum_k W_k x_{t + k - (K - 1) / 2}. `weight` is [C_out, C_in, K, 1], K odd. `x` may hold
/// several clips of one length, one after the other; none sees another.
Tensor time_convolution(const Tensor& x, const Tensor& weight, const Tensor& bias,
                        std::int64_t clips = 1);

/// Convolution of blocks of 2 x 2 pixels: halves height and width (both even). `weight` is
/// [C_out, C_in, 2, 2].
Tensor halving_convolution(const Tensor& x, const Tensor& weight, const Tensor& bias);

/// Each pixel twice in both directions.
Tensor double_size(const Tensor& x);

/// Pixels to channels and back: [T, C, 2 H, 2 W] <-> [T, 4 C, H, W], channel 4 c + 2 u + v for row
/// u and column v of the block.
Tensor space_to_depth2(const Tensor& x);
Tensor depth_to_space2(const Tensor& x);

}  // namespace lvtino::nn
