#include "lvtino/device/spectrum.hpp"

#include "lvtino/device/block_sum.hpp"
#include "lvtino/device/pack.hpp"

namespace lvtino::device {
namespace {

constexpr int kThreads = 256;
// A block makes kTile x kTile results from kDepth columns of the matrix at a time, a thread 4 x 4.
constexpr int kTile = 64, kDepth = 16, kEach = 4, kStride = kTile + 2;
constexpr int kQuarterTile = kThreads / kDepth, kQuarterDepth = kThreads / kTile;
static_assert(4 * kQuarterTile == kTile && 4 * kQuarterDepth == kDepth);
constexpr int kTileBytes = 2 * kDepth * kStride * int(sizeof(double));

template <class T>
__global__ void __launch_bounds__(kThreads)
    difference_kernel(const T* y, const T* a, std::int64_t count, double* z) {
  const std::int64_t i = std::int64_t(blockIdx.x) * kThreads + threadIdx.x;
  if (i < count) z[i] = double(y[i] - a[i]);
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    narrow_kernel(const double* z, std::int64_t count, T* out) {
  const std::int64_t i = std::int64_t(blockIdx.x) * kThreads + threadIdx.x;
  if (i < count) out[i] = T(z[i]);
}

struct Product {
  const double* m;
  std::int64_t n;
  bool transposed;
  const double* in;
  std::int64_t count, inner;  // columns of all slices together
  double* out;

  __device__ __forceinline__ std::int64_t place(std::int64_t column, std::int64_t row) const {
    return (column / inner * n + row) * inner + column % inner;
  }
};

__global__ void __launch_bounds__(kThreads, 2) product_kernel(Product p) {
  double* const left = block_memory<double>();    // [kDepth, kStride]
  double* const right = left + kDepth * kStride;  // [kDepth, kStride]
  const std::int64_t tiles = (p.n + kTile - 1) / kTile;
  const std::int64_t row0 = blockIdx.x % tiles * kTile, column0 = blockIdx.x / tiles * kTile;
  const int own = int(threadIdx.x), across = own % 16 * kEach, down = own / 16 * kEach;
  double acc[kEach][kEach];
#pragma unroll
  for (int r = 0; r < kEach; ++r)
#pragma unroll
    for (int c = 0; c < kEach; ++c) acc[r][c] = 0;
  // Neighbouring threads read neighbours in memory, whichever axis that is: along the tile (a
  // quarter of its depth at a time) or along its depth (a quarter of the tile).
  const int n = int(p.n), wide = own % kTile, deep = own / kTile, wide2 = own / kDepth,
            deep2 = own % kDepth;
  const bool along = !p.transposed, last = p.inner == 1;
  const int left_i = along ? wide2 : wide, left_k = along ? deep2 : deep;
  const int right_c = last ? wide2 : wide, right_k = last ? deep2 : deep;
  const double* from_left =
      p.m + (along ? (row0 + left_i) * n + left_k : left_k * n + row0 + left_i);
  const double* from_right = p.in + p.place(column0 + right_c, right_k);
  const std::int64_t hop_left = along ? kQuarterTile * n : kQuarterDepth * n;
  const std::int64_t hop_right = last ? std::int64_t(kQuarterTile) * n : kQuarterDepth * p.inner;
  for (int k0 = 0; k0 < n; k0 += kDepth) {
#pragma unroll
    for (int step = 0; step < 4; ++step) {
      const int i = left_i + (along ? kQuarterTile * step : 0),
                k = left_k + (along ? 0 : kQuarterDepth * step);
      const bool left_inside = k0 + k < n && row0 + i < n;
      left[k * kStride + i] = left_inside ? from_left[step * hop_left] : 0;
      const int c = right_c + (last ? kQuarterTile * step : 0),
                r = right_k + (last ? 0 : kQuarterDepth * step);
      const bool right_inside = k0 + r < n && column0 + c < p.count;
      right[r * kStride + c] = right_inside ? from_right[step * hop_right] : 0;
    }
    from_left += along ? kDepth : kDepth * n;
    from_right += kDepth * p.inner;
    __syncthreads();
#pragma unroll
    for (int k = 0; k < kDepth; ++k) {
      double a[kEach], b[kEach];
#pragma unroll
      for (int r = 0; r < kEach; r += 2) {
        const Pack<double, 2> pair = load<2>(left + k * kStride + down + r);
        const Pack<double, 2> other = load<2>(right + k * kStride + across + r);
        a[r] = pair.at[0], a[r + 1] = pair.at[1], b[r] = other.at[0], b[r + 1] = other.at[1];
      }
#pragma unroll
      for (int r = 0; r < kEach; ++r)
#pragma unroll
        for (int c = 0; c < kEach; ++c) acc[r][c] += a[r] * b[c];
    }
    __syncthreads();
  }
#pragma unroll
  for (int c = 0; c < kEach; ++c) {
    const std::int64_t column = column0 + across + c;
    if (column >= p.count) break;
#pragma unroll
    for (int r = 0; r < kEach; ++r) {
      const std::int64_t row = row0 + down + r;
      if (row < p.n) p.out[p.place(column, row)] = acc[r][c];
    }
  }
}

// d of number i.
__device__ __forceinline__ double eigenvalue(const Spectrum& s, std::int64_t i) {
  const std::int64_t w = i % s.extents[3], h = i / s.extents[3] % s.extents[2];
  const std::int64_t volume = i / (s.extents[3] * s.extents[2]);
  const std::int64_t t = volume % s.extents[1], c = volume / s.extents[1] % s.extents[0];
  const double *const of_t = s.values + s.extents[0], *const of_h = of_t + s.extents[1],
                      *const of_w = of_h + s.extents[2];
  return s.values[c] * of_t[t] * of_h[h] * of_w[w];
}

__global__ void __launch_bounds__(kThreads)
    divide_kernel(Spectrum s, std::int64_t count, double shift, double gamma, double* z) {
  const std::int64_t i = std::int64_t(blockIdx.x) * kThreads + threadIdx.x;
  if (i < count) z[i] /= shift + gamma * eigenvalue(s, i);
}

__global__ void __launch_bounds__(kSumThreads)
    energy_kernel(Spectrum s, std::int64_t count, double shift, double gamma, const double* z,
                  double* partial) {
  add_terms(count, partial,
            [&](std::int64_t i) { return z[i] * z[i] / (shift + gamma * eigenvalue(s, i)); });
}

std::int64_t count_of(const Spectrum& spectrum, std::int64_t batch) {
  for (const std::int64_t extent : spectrum.extents) batch *= extent;
  return batch;
}

}  // namespace

template <class T>
void widened_difference(const Stream& stream, const T* y, const T* a, std::int64_t count,
                        double* z) {
  launch("widened_difference", difference_kernel<T>, quotient_up(count, kThreads), dim3(kThreads),
         0, stream, y, a, count, z);
}

template <class T>
void narrowed(const Stream& stream, const double* z, std::int64_t count, T* out) {
  launch("narrowed", narrow_kernel<T>, quotient_up(count, kThreads), dim3(kThreads), 0, stream, z,
         count, out);
}

void square_product(const Stream& stream, const double* m, std::int64_t n, bool transposed,
                    const double* in, std::int64_t outer, std::int64_t inner, double* out) {
  const std::int64_t count = outer * inner;
  launch("square_product", product_kernel, quotient_up(n, kTile) * quotient_up(count, kTile),
         dim3(kThreads), kTileBytes, stream, Product{m, n, transposed, in, count, inner, out});
}

void divide_by_spectrum(const Stream& stream, const Spectrum& spectrum, std::int64_t batch,
                        double shift, double gamma, double* z) {
  const std::int64_t count = count_of(spectrum, batch);
  launch("divide_by_spectrum", divide_kernel, quotient_up(count, kThreads), dim3(kThreads), 0,
         stream, spectrum, count, shift, gamma, z);
}

void spectral_energy(const Stream& stream, const Spectrum& spectrum, std::int64_t batch,
                     double shift, double gamma, const double* z, double* partial, double* sum) {
  const std::int64_t count = count_of(spectrum, batch), blocks = sum_blocks(count);
  launch("spectral_energy", energy_kernel, blocks, dim3(kSumThreads), kSumBytes, stream, spectrum,
         count, shift, gamma, z, partial);
  add_partials(stream, partial, blocks, 1, sum);
}

#define LVTINO_INSTANTIATE(T)                                                                 \
  template void widened_difference(const Stream&, const T*, const T*, std::int64_t, double*); \
  template void narrowed(const Stream&, const double*, std::int64_t, T*);
LVTINO_INSTANTIATE(float)
LVTINO_INSTANTIATE(double)
#undef LVTINO_INSTANTIATE

}  // namespace lvtino::device
