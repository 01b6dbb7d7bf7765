#pragma once

#include "lvtino/device/runtime.hpp"

namespace lvtino::device {

/// out[i] = element first + i of the stream of random numbers (seed, stream), as Rng::normal has it
/// on the CPU: equal to the rounding of float64 arithmetic, in which both compute.
template <class T>
void fill_normal(const Stream& queue, T* out, std::int64_t first, std::int64_t count,
                 std::uint64_t seed, std::uint64_t stream);

}  // namespace lvtino::device
