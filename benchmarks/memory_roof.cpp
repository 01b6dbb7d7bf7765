#include "benchmarks/memory_roof.hpp"

#include "benchmarks/triad_kernels.hpp"
#include "lvtino/core/meter.hpp"
#include "lvtino/core/tensor.hpp"

namespace lvtino {

double triad_bandwidth() {
  constexpr std::int64_t kCount = 1 << 26;
  constexpr int kPasses = 30;
  const Tensor a = at::zeros({kCount}), b = at::ones({kCount}), c = at::ones({kCount});
  double best = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    const Clock clock;
    kernels::triad(a.mutable_data_ptr<float>(), b.const_data_ptr<float>(),
                   c.const_data_ptr<float>(), 0.5f, kCount);
    best = std::max(best, 3.0 * sizeof(float) * kCount / clock.seconds());
  }
  return best;
}

}  // namespace lvtino
