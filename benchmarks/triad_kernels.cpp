#include "benchmarks/triad_kernels.hpp"

#include "lvtino/core/parallel.hpp"

namespace lvtino::kernels {

void triad(float* a, const float* b, const float* c, float s, std::int64_t n) {
  constexpr std::int64_t kBlock = 1 << 16;
  parallel_for((n + kBlock - 1) / kBlock, 1, [=](std::int64_t begin, std::int64_t end) {
    const std::int64_t last = end * kBlock < n ? end * kBlock : n;
    for (std::int64_t i = begin * kBlock; i < last; ++i) a[i] = b[i] + s * c[i];
  });
}

}  // namespace lvtino::kernels
