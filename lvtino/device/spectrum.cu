#include "lvtino/device/spectrum.hpp"

#include "lvtino/device/pack.hpp"

namespace lvtino::device {
namespace {

constexpr int kThreads = 256;
// A block makes kTile x kTile results from kDepth columns of the matrix at a time, a thread 4 x 4.
constexpr int kTile = 64, kDepth = 16, kEach = 4, kStride = kTile + 2;
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

__global__ void __launch_bounds__(kThreads) product_kernel(Product p) {
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
  for (std::int64_t k0 = 0; k0 < p.n; k0 += kDepth) {
#pragma unroll
    for (int step = 0; step < kTile * kDepth / kThreads; ++step) {
      const int index = own + step * kThreads;
      // Neighbouring threads read neighbours in memory, whichever axis that is.
      const int wide = index % kTile, deep = index / kTile, wide2 = index / kDepth,
                deep2 = index % kDepth;
      const int k = p.transposed ? deep : deep2, i = p.transposed ? wide : wide2;
      const bool left_inside = k0 + k < p.n && row0 + i < p.n;
      left[k * kStride + i] = !left_inside   ? 0
                              : p.transposed ? p.m[(k0 + k) * p.n + row0 + i]
                                             : p.m[(row0 + i) * p.n + k0 + k];
      const int kr = p.inner == 1 ? deep2 : deep, c = p.inner == 1 ? wide2 : wide;
      const bool right_inside = k0 + kr < p.n && column0 + c < p.count;
      right[kr * kStride + c] = right_inside ? p.in[p.place(column0 + c, k0 + kr)] : 0;
    }
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

__global__ void __launch_bounds__(kThreads)
    divide_kernel(Spectrum s, std::int64_t count, double shift, double gamma, double* z) {
  const std::int64_t i = std::int64_t(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= count) return;
  const std::int64_t w = i % s.extents[3], h = i / s.extents[3] % s.extents[2];
  const std::int64_t volume = i / (s.extents[3] * s.extents[2]);
  const std::int64_t t = volume % s.extents[1], c = volume / s.extents[1] % s.extents[0];
  const double* values = s.values;
  double d = 0;
  for (int p = 0; p < s.parts; ++p) {
    const double *const of_t = values + s.extents[0], *const of_h = of_t + s.extents[1],
                        *const of_w = of_h + s.extents[2];
    d += values[c] * of_t[t] * of_h[h] * of_w[w];
    values = of_w + s.extents[3];
  }
  z[i] /= shift + gamma * d;
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
  std::int64_t count = batch;
  for (const std::int64_t extent : spectrum.extents) count *= extent;
  launch("divide_by_spectrum", divide_kernel, quotient_up(count, kThreads), dim3(kThreads), 0,
         stream, spectrum, count, shift, gamma, z);
}

#define LVTINO_INSTANTIATE(T)                                                                 \
  template void widened_difference(const Stream&, const T*, const T*, std::int64_t, double*); \
  template void narrowed(const Stream&, const double*, std::int64_t, T*);
LVTINO_INSTANTIATE(float)
LVTINO_INSTANTIATE(double)
#undef LVTINO_INSTANTIATE

}  // namespace lvtino::device
