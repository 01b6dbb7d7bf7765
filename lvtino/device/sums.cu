#include "lvtino/device/sums.hpp"

#include "lvtino/device/block_sum.hpp"

namespace lvtino::device {
namespace {

// A block for each of the sums.
__global__ void __launch_bounds__(kSumThreads)
    partials_kernel(const double* partial, std::int64_t count, double* sums) {
  double own = 0;
  const double* const from = partial + blockIdx.x * count;
  for (std::int64_t i = threadIdx.x; i < count; i += kSumThreads) own += from[i];
  add_over_block(own, sums);
}

template <class T>
__global__ void __launch_bounds__(kSumThreads)
    distance_kernel(const T* a, const T* b, std::int64_t count, double* partial) {
  add_terms(count, partial, [=](std::int64_t i) {
    const double d = double(a[i]) - double(b[i]);
    return d * d;
  });
}

}  // namespace

void add_partials(const Stream& stream, const double* partial, std::int64_t count, int sets,
                  double* sums) {
  launch("add_partials", partials_kernel, sets, dim3(kSumThreads), kSumBytes, stream, partial,
         count, sums);
}

template <class T>
void squared_distance(const Stream& stream, const T* a, const T* b, std::int64_t count,
                      double* partial, double* sum) {
  launch("squared_distance", distance_kernel<T>, sum_blocks(count), dim3(kSumThreads), kSumBytes,
         stream, a, b, count, partial);
  add_partials(stream, partial, sum_blocks(count), 1, sum);
}

template void squared_distance(const Stream&, const float*, const float*, std::int64_t, double*,
                               double*);
template void squared_distance(const Stream&, const double*, const double*, std::int64_t, double*,
                               double*);

}  // namespace lvtino::device
