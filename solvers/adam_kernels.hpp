#pragma once

#include <cstdint>

namespace lvtino::kernels {

/// Step `iteration` (from 1) of Adam (Kingma and Ba, 2015, Algorithm 1; beta .9 and .999, epsilon 1e-8):
/// x -= rate m / (sqrt(v) + epsilon) with the moments corrected for their zero start.
template <class T>
void adam_step(std::int64_t count, const T* gradient, int iteration, double rate, T* m, T* v, T* x);

}  // namespace lvtino::kernels
