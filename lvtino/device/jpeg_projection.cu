#include "lvtino/device/jpeg_projection.hpp"

#include "lvtino/device/pack.hpp"

namespace lvtino::device {
namespace {

// Eight neighbouring threads share an 8 x 8 block, each a column or a row of all three components.
constexpr int kThreads = 128, kTiles = kThreads / 8;
constexpr int kTileRow = 9, kTile = 8 * kTileRow;  // padded: rows and columns meet all banks

// cos(k pi / 16) / 2.
constexpr double kC1 = 0.49039264020161522456, kC2 = 0.46193976625564337806,
                 kC3 = 0.41573480615127261854, kC4 = 0.35355339059327376220,
                 kC5 = 0.27778511650980111237, kC6 = 0.19134171618254488586,
                 kC7 = 0.097545161008064133924;

// Orthonormal DCT-II of eight numbers, and its inverse, by their even and odd halves.
template <class T>
__device__ __forceinline__ void transform(T (&x)[8]) {
  constexpr T c1 = T(kC1), c2 = T(kC2), c3 = T(kC3), c4 = T(kC4), c5 = T(kC5), c6 = T(kC6),
              c7 = T(kC7);
  const T s0 = x[0] + x[7], s1 = x[1] + x[6], s2 = x[2] + x[5], s3 = x[3] + x[4];
  const T d0 = x[0] - x[7], d1 = x[1] - x[6], d2 = x[2] - x[5], d3 = x[3] - x[4];
  const T a0 = s0 + s3, a1 = s1 + s2, b0 = s0 - s3, b1 = s1 - s2;
  x[0] = c4 * (a0 + a1), x[4] = c4 * (a0 - a1);
  x[2] = c2 * b0 + c6 * b1, x[6] = c6 * b0 - c2 * b1;
  x[1] = c1 * d0 + c3 * d1 + c5 * d2 + c7 * d3;
  x[3] = c3 * d0 - c7 * d1 - c1 * d2 - c5 * d3;
  x[5] = c5 * d0 - c1 * d1 + c7 * d2 + c3 * d3;
  x[7] = c7 * d0 - c5 * d1 + c3 * d2 - c1 * d3;
}

template <class T>
__device__ __forceinline__ void transform_back(T (&x)[8]) {
  constexpr T c1 = T(kC1), c2 = T(kC2), c3 = T(kC3), c4 = T(kC4), c5 = T(kC5), c6 = T(kC6),
              c7 = T(kC7);
  const T a0 = c4 * (x[0] + x[4]), a1 = c4 * (x[0] - x[4]);
  const T b0 = c2 * x[2] + c6 * x[6], b1 = c6 * x[2] - c2 * x[6];
  const T s0 = a0 + b0, s1 = a1 + b1, s2 = a1 - b1, s3 = a0 - b0;
  const T d0 = c1 * x[1] + c3 * x[3] + c5 * x[5] + c7 * x[7];
  const T d1 = c3 * x[1] - c7 * x[3] - c1 * x[5] - c5 * x[7];
  const T d2 = c5 * x[1] - c1 * x[3] + c7 * x[5] + c3 * x[7];
  const T d3 = c7 * x[1] - c5 * x[3] + c3 * x[5] - c1 * x[7];
  x[0] = s0 + d0, x[1] = s1 + d1, x[2] = s2 + d2, x[3] = s3 + d3;
  x[4] = s3 - d3, x[5] = s2 - d2, x[6] = s1 - d1, x[7] = s0 - d0;
}

template <class T>
struct Colors {
  T row[3][3], column[3][3];  // component, channel
  T share[3][3];              // W_ij / W_ii of the metric W of the columns
  T gain[3][3];               // [i][k]: where i goes if k alone is held at a distance of one
};

template <class T>
__device__ __forceinline__ T between(T value, T low, T high) {
  return value < low ? low : value > high ? high : value;
}

// The d in [low, high] of least d'Wd. Where one coordinate alone is outside, the two others follow
// in closed form unless they meet a bound; from there by minimising over one coordinate after the
// other: W is positive definite and its coordinates are all but independent, so a few rounds reach
// rounding.
template <class T>
__device__ __forceinline__ void nearest(const Colors<T>& m, const T (&low)[3], const T (&high)[3],
                                        T (&d)[3]) {
  constexpr int kRounds = sizeof(T) == 4 ? 24 : 60;
  constexpr T kSmall = sizeof(T) == 4 ? T(2e-7) : T(4e-16);
  int outside = 0;
#pragma unroll
  for (int i = 0; i < 3; ++i) {
    d[i] = between(T(0), low[i], high[i]);
    outside += d[i] != T(0);
  }
  if (outside == 0) return;
  if (outside == 1) {
    T follow[3];
#pragma unroll
    for (int i = 0; i < 3; ++i) {
      const int j = (i + 1) % 3, k = (i + 2) % 3;
      follow[i] = between(m.gain[i][j] * d[j] + m.gain[i][k] * d[k], low[i], high[i]);
    }
#pragma unroll
    for (int i = 0; i < 3; ++i) d[i] = d[i] != T(0) ? d[i] : follow[i];
  }
  for (int round = 0; round < kRounds; ++round) {
    T moved = 0, size = 0;
#pragma unroll
    for (int i = 0; i < 3; ++i) {
      const int j = (i + 1) % 3, k = (i + 2) % 3;
      const T next = between(-m.share[i][j] * d[j] - m.share[i][k] * d[k], low[i], high[i]);
      moved += fabs(next - d[i]), size += fabs(next);
      d[i] = next;
    }
    if (moved <= kSmall * size) break;
  }
}

// Threads of a warp wait for each other; the eight of a block of pixels are in one.
__device__ __forceinline__ void meet() {
#ifdef LVTINO_DEVICE_EMULATED
  __syncthreads();
#else
  __syncwarp();
#endif
}

// Thread `own` of eight holds column `own` of a tile and gets its row `own`, or the other way
// round.
template <class T>
__device__ __forceinline__ void transpose(T* tile, int own, T (&x)[8]) {
#pragma unroll
  for (int k = 0; k < 8; ++k) tile[k * kTileRow + own] = x[k];
  meet();
#pragma unroll
  for (int k = 0; k < 8; ++k) x[k] = tile[own * kTileRow + k];
  meet();
}

template <class T, int width>
__global__ void __launch_bounds__(kThreads)
    project_kernel(JpegVideo video, Colors<T> m, const T* lower, const T* upper, const T* v,
                   T* out) {
  const int own = int(threadIdx.x % 8), slot = int(threadIdx.x / 8);
  T* const tile = block_memory<T>() + slot * kTile;
  const std::int64_t across = video.width / 8, each = across * (video.height / 8);
  const std::int64_t index = std::int64_t(blockIdx.x) * kTiles + slot;
  const bool inside = index < each * video.frames * video.batch;
  const std::int64_t place = inside ? index % each : 0, frame = inside ? index / each : 0;
  const std::int64_t area = video.height * video.width, stride = video.frames * area;
  const std::int64_t pixel = frame / video.frames * 3 * stride + frame % video.frames * area +
                             place / across * 8 * video.width + place % across * 8 + own;
  const std::int64_t value = frame * 3 * area + place * 64 + own * 8;
  T x[3][8], c[3][8];
#pragma unroll
  for (int channel = 0; channel < 3; ++channel)
#pragma unroll
    for (int i = 0; i < 8; ++i) x[channel][i] = v[pixel + channel * stride + i * video.width];
#pragma unroll
  for (int k = 0; k < 3; ++k) {
#pragma unroll
    for (int i = 0; i < 8; ++i)
      c[k][i] = m.row[k][0] * x[0][i] + m.row[k][1] * x[1][i] + m.row[k][2] * x[2][i];
    transform(c[k]);
    transpose(tile, own, c[k]);
    transform(c[k]);
  }
#pragma unroll
  for (int j = 0; j < 8; j += width) {
    Pack<T, width> l[3], u[3];
#pragma unroll
    for (int k = 0; k < 3; ++k)
      l[k] = load<width>(lower + value + k * area + j),
      u[k] = load<width>(upper + value + k * area + j);
#pragma unroll
    for (int p = 0; p < width; ++p) {
      T low[3], high[3], d[3];
#pragma unroll
      for (int k = 0; k < 3; ++k)
        low[k] = l[k].at[p] - c[k][j + p], high[k] = u[k].at[p] - c[k][j + p];
      nearest(m, low, high, d);
#pragma unroll
      for (int k = 0; k < 3; ++k) c[k][j + p] = d[k];
    }
  }
#pragma unroll
  for (int k = 0; k < 3; ++k) {
    transform_back(c[k]);
    transpose(tile, own, c[k]);
    transform_back(c[k]);
  }
  if (!inside) return;
#pragma unroll
  for (int channel = 0; channel < 3; ++channel)
#pragma unroll
    for (int i = 0; i < 8; ++i)
      out[pixel + channel * stride + i * video.width] =
          x[channel][i] + m.column[0][channel] * c[0][i] + m.column[1][channel] * c[1][i] +
          m.column[2][channel] * c[2][i];
}

template <class T>
Colors<T> colors_of(const JpegLayout& layout) {
  double metric[3][3] = {};
  Colors<T> out;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      const auto &a = layout.components[i], &b = layout.components[j];
      out.row[i][j] = T(a.row[j]), out.column[i][j] = T(a.column[j]);
      for (std::size_t k = 0; k < 3; ++k) metric[i][j] += a.column[k] * b.column[k];
    }
  for (int i = 0; i < 3; ++i) {
    const int j = (i + 1) % 3, k = (i + 2) % 3;
    const auto& w = metric;
    for (int l = 0; l < 3; ++l) out.share[i][l] = T(w[i][l] / w[i][i]);
    // With k held, i and j solve two equations; with j held, i and k.
    out.gain[i][i] = T(0);
    out.gain[i][k] =
        T((w[i][j] * w[j][k] - w[i][k] * w[j][j]) / (w[i][i] * w[j][j] - w[i][j] * w[i][j]));
    out.gain[i][j] =
        T((w[i][k] * w[k][j] - w[i][j] * w[k][k]) / (w[i][i] * w[k][k] - w[i][k] * w[i][k]));
  }
  return out;
}

}  // namespace

template <class T>
void jpeg_project(const Stream& stream, const JpegVideo& video, const JpegLayout& layout,
                  const T* lower, const T* upper, const T* v, T* out) {
  if (!layout.invertible() || layout.height != video.height || layout.width != video.width)
    throw NotSupportedError(
        text("JPEG projection on the device: expected whole blocks without subsampling of ",
             video.height, "x", video.width, " pixels, got a layout of ", layout.height, "x",
             layout.width));
  const std::int64_t tiles = video.batch * video.frames * (video.height / 8) * (video.width / 8);
  const auto kernel =
      packs_fit<T>(8, lower, upper) ? project_kernel<T, kFullPack<T>> : project_kernel<T, 1>;
  launch("jpeg_project", kernel, quotient_up(tiles, kTiles), dim3(kThreads),
         kTiles * kTile * int(sizeof(T)), stream, video, colors_of<T>(layout), lower, upper, v,
         out);
}

#define LVTINO_INSTANTIATE(T)                                                              \
  template void jpeg_project(const Stream&, const JpegVideo&, const JpegLayout&, const T*, \
                             const T*, const T*, T*);
LVTINO_INSTANTIATE(float)
LVTINO_INSTANTIATE(double)
#undef LVTINO_INSTANTIATE

}  // namespace lvtino::device
