#pragma once

#include <cstdint>

namespace lvtino::kernels {

/// a[i] = b[i] + s c[i] on the thread pool: the memory bandwidth that plain loops can have.
void triad(float* a, const float* b, const float* c, float s, std::int64_t n);

}  // namespace lvtino::kernels
