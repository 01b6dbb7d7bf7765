#include "lvtino/device/random.hpp"

#include "lvtino/core/box_muller.hpp"
#include "lvtino/core/philox.hpp"
#include "lvtino/device/pack.hpp"

namespace lvtino::device {
namespace {

constexpr int kThreads = 256;

// A thread makes the four numbers of one block of random words.
template <class T, bool whole>
__global__ void __launch_bounds__(kThreads)
    normal_kernel(T* out, std::int64_t first, std::int64_t count, std::uint64_t seed,
                  std::uint64_t stream) {
  const std::int64_t index = first / 4 + std::int64_t(blockIdx.x) * kThreads + threadIdx.x;
  const std::int64_t at = 4 * index - first;
  if (at >= count) return;
  const auto words = philox4x32({std::uint32_t(index), std::uint32_t(std::uint64_t(index) >> 32),
                                 std::uint32_t(stream), std::uint32_t(stream >> 32)},
                                {std::uint32_t(seed), std::uint32_t(seed >> 32)});
  double numbers[4];
#pragma unroll
  for (int pair = 0; pair < 4; pair += 2)
    normal_pair(sqrt(squared_radius_of(words[std::size_t(pair)])), words[std::size_t(pair) + 1],
                numbers + pair, numbers + pair + 1);
  if constexpr (whole) {
    constexpr int kWidth = kFullPack<T>;
#pragma unroll
    for (int k = 0; k < 4; k += kWidth) {
      Pack<T, kWidth> pack;
#pragma unroll
      for (int l = 0; l < kWidth; ++l) pack.at[l] = T(numbers[k + l]);
      store(out + at + k, pack);
    }
  } else {
#pragma unroll
    for (int k = 0; k < 4; ++k)
      if (at + k >= 0 && at + k < count) out[at + k] = T(numbers[k]);
  }
}

}  // namespace

template <class T>
void fill_normal(const Stream& queue, T* out, std::int64_t first, std::int64_t count,
                 std::uint64_t seed, std::uint64_t stream) {
  if (count == 0) return;
  const std::int64_t blocks = quotient_up(first + count, 4) - first / 4;
  const bool whole = first % 4 == 0 && count % 4 == 0 && packs_fit<T>(4, out);
  const auto kernel = whole ? normal_kernel<T, true> : normal_kernel<T, false>;
  launch("fill_normal", kernel, quotient_up(blocks, kThreads), dim3(kThreads), 0, queue, out, first,
         count, seed, stream);
}

template void fill_normal(const Stream&, float*, std::int64_t, std::int64_t, std::uint64_t,
                          std::uint64_t);
template void fill_normal(const Stream&, double*, std::int64_t, std::int64_t, std::uint64_t,
                          std::uint64_t);

}  // namespace lvtino::device
