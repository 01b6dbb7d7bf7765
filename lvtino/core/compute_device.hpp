#pragma once

#include <string>

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// The device that networks compute on: "cpu", or "cuda", the first GPU, for which libtorch's CUDA
/// library is loaded. Throws NotSupportedError saying why if there is none.
at::Device open_device(const std::string& name);

/// N(0, 1) numbers of this shape and placement, a function of `seed`. On a GPU they are not those
/// of the CPU.
Tensor device_normal(const Shape& shape, const Placement& placement, std::uint64_t seed);

/// The most bytes that libtorch has handed out on the first GPU so far; 0 before anything was
/// computed there.
std::int64_t device_peak_bytes();

/// Gives back what libtorch keeps on the first GPU for later use, for those who take memory beside it.
void release_device_cache();

}  // namespace lvtino
