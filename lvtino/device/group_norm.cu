#include <algorithm>
#include <type_traits>

#include "lvtino/device/fused_numbers.hpp"
#include "lvtino/device/fused_steps.hpp"

// Group normalisation in three launches: sums of pieces, then a factor and an offset a channel, then
// the images again. Sums are of differences from the first number of a group, so that a mean far from
// zero costs no precision.
namespace lvtino::device {
namespace {

using kernels::GroupNormed;

constexpr int kThreads = 256;

struct Pieces {
  std::int64_t count, length;  // an image's pixels, or a group's numbers
  float* partial;              // [images groups, count, 2]
  float* scale;                // [images, channels, 2]
};

Pieces pieces_of(const GroupNormed& s) {
  const std::int64_t count = kernels::group_norm_pieces(s);
  return {count, s.channels_last ? kernels::kPixelsAPiece : kernels::kNumbersAPiece, s.scratch,
          s.scratch + 2 * s.images * s.groups * count};
}

template <class T>
__device__ __forceinline__ float pivot_of(const GroupNormed& s, std::int64_t image,
                                          std::int64_t group) {
  const std::int64_t first = group * (s.channels / s.groups);
  return wide(static_cast<const T*>(s.x)[image * s.channels * s.pixels +
                                         (s.channels_last ? first : first * s.pixels)]);
}

// A block: a piece of a group, which lies in one piece.
template <class T, int width>
__global__ void __launch_bounds__(kThreads) group_sums_kernel(GroupNormed s, Pieces pieces) {
  float* const shared = block_memory<float>();
  const std::int64_t owner = blockIdx.x / pieces.count, piece = blockIdx.x % pieces.count,
                     size = s.channels / s.groups * s.pixels, first = piece * pieces.length,
                     end = first + pieces.length < size ? first + pieces.length : size;
  const T* const x = static_cast<const T*>(s.x) + owner * size;
  const float pivot = pivot_of<T>(s, owner / s.groups, owner % s.groups);
  float sums[2] = {0, 0};
  for (std::int64_t i = first + std::int64_t(threadIdx.x) * width; i < end;
       i += std::int64_t(blockDim.x) * width) {
    const Pack<float, width> v = widened<width>(x + i);
#pragma unroll
    for (int k = 0; k < width; ++k) {
      const float d = v.at[k] - pivot;
      sums[0] += d;
      sums[1] += d * d;
    }
  }
  block_sum(sums, shared);
  if (threadIdx.x < 2) pieces.partial[2 * blockIdx.x + threadIdx.x] = sums[threadIdx.x];
}

// A block: a piece of an image's pixels, all channels. Threads side by side take packs of channels,
// several pixels at a time where channels are few.
template <class T, int width>
__global__ void __launch_bounds__(kThreads) pixel_sums_kernel(GroupNormed s, Pieces pieces) {
  float* const sums = block_memory<float>();  // [lanes, channels, 2]
  const std::int64_t image = blockIdx.x / pieces.count, piece = blockIdx.x % pieces.count,
                     first = piece * pieces.length,
                     end = first + pieces.length < s.pixels ? first + pieces.length : s.pixels;
  const int packs = int(s.channels) / width, each = int(s.channels / s.groups),
            lanes = packs < kThreads ? kThreads / packs : 1;
  const T* const x = static_cast<const T*>(s.x) + image * s.pixels * s.channels;
  for (int unit = int(threadIdx.x); unit < packs * lanes; unit += kThreads) {
    const int lane = unit / packs, channel = unit % packs * width;
    Pack<float, width> pivot, sum = filled<width>(0.f), square = sum;
#pragma unroll
    for (int k = 0; k < width; ++k) pivot.at[k] = pivot_of<T>(s, image, (channel + k) / each);
    for (std::int64_t i = first + lane; i < end; i += lanes) {
      const Pack<float, width> v = widened<width>(x + i * s.channels + channel);
#pragma unroll
      for (int k = 0; k < width; ++k) {
        const float d = v.at[k] - pivot.at[k];
        sum.at[k] += d;
        square.at[k] += d * d;
      }
    }
    float* const own = sums + 2 * (std::int64_t(lane) * s.channels + channel);
#pragma unroll
    for (int k = 0; k < width; ++k) own[2 * k] = sum.at[k], own[2 * k + 1] = square.at[k];
  }
  __syncthreads();
  for (int k = int(threadIdx.x); k < 2 * int(s.groups); k += kThreads) {
    const int group = k / 2;
    float total = 0;
    for (int lane = 0; lane < lanes; ++lane)
      for (int c = group * each; c < (group + 1) * each; ++c)
        total += sums[2 * (std::int64_t(lane) * s.channels + c) + k % 2];
    pieces.partial[2 * ((image * s.groups + group) * pieces.count + piece) + k % 2] = total;
  }
}

// A block: a group of an image.
template <class T>
__global__ void __launch_bounds__(kThreads) group_scales_kernel(GroupNormed s, Pieces pieces) {
  float* const shared = block_memory<float>();
  const std::int64_t owner = blockIdx.x, image = owner / s.groups, group = owner % s.groups,
                     each = s.channels / s.groups;
  float sums[2] = {0, 0};
  for (std::int64_t i = threadIdx.x; i < pieces.count; i += blockDim.x)
    for (int k = 0; k < 2; ++k) sums[k] += pieces.partial[2 * (owner * pieces.count + i) + k];
  block_sum(sums, shared);
  const float count = float(each * s.pixels), step = sums[0] / count,
              spread = sums[1] / count - step * step,
              inverse = 1.f / sqrtf((spread > 0 ? spread : 0.f) + s.epsilon),
              mean = pivot_of<T>(s, image, group) + step;
  for (std::int64_t c = group * each + threadIdx.x; c < (group + 1) * each; c += blockDim.x) {
    const float factor = inverse * wide(static_cast<const T*>(s.weight)[c]);
    float* const out = pieces.scale + 2 * (image * s.channels + c);
    out[0] = factor;
    out[1] = wide(static_cast<const T*>(s.bias)[c]) - mean * factor;
  }
}

template <int width>
__device__ __forceinline__ void activate(Pack<float, width>& v, bool with_silu) {
  if (!with_silu) return;
#pragma unroll
  for (int k = 0; k < width; ++k) v.at[k] = silu(v.at[k]);
}

// A row is the pixels of a channel; a block takes a piece of one.
template <class T, int width>
__global__ void __launch_bounds__(kThreads)
    scale_channels_kernel(GroupNormed s, const float* scale, std::int64_t pieces) {
  const std::int64_t row = blockIdx.x / pieces, piece = blockIdx.x % pieces,
                     first = piece * kernels::kNumbersAPiece,
                     end = first + kernels::kNumbersAPiece < s.pixels
                               ? first + kernels::kNumbersAPiece
                               : s.pixels;
  const T* const x = static_cast<const T*>(s.x) + row * s.pixels;
  T* const out = static_cast<T*>(s.out) + row * s.pixels;
  const float factor = scale[2 * row], offset = scale[2 * row + 1];
  for (std::int64_t i = first + std::int64_t(threadIdx.x) * width; i < end;
       i += std::int64_t(kThreads) * width) {
    Pack<float, width> v = widened<width>(x + i);
#pragma unroll
    for (int k = 0; k < width; ++k) v.at[k] = v.at[k] * factor + offset;
    activate(v, s.silu);
    store_narrowed(out + i, v);
  }
}

// A block takes a piece of an image's pixels; a thread keeps to its channels where it can.
template <class T, int width>
__global__ void __launch_bounds__(kThreads)
    scale_pixels_kernel(GroupNormed s, const float* scale, std::int64_t pieces) {
  const std::int64_t image = blockIdx.x / pieces, first = blockIdx.x % pieces * kernels::kPixelsAPiece,
                     end = first + kernels::kPixelsAPiece < s.pixels
                               ? first + kernels::kPixelsAPiece
                               : s.pixels;
  const int packs = int(s.channels) / width, lanes = packs < kThreads ? kThreads / packs : 1;
  for (int unit = int(threadIdx.x); unit < packs * lanes; unit += kThreads) {
    const int lane = unit / packs, channel = unit % packs * width;
    const Pack<float, 2 * width> own =
        widened<2 * width>(scale + 2 * (image * s.channels + channel));
    for (std::int64_t i = first + lane; i < end; i += lanes) {
      const std::int64_t at = (image * s.pixels + i) * s.channels + channel;
      Pack<float, width> v = widened<width>(static_cast<const T*>(s.x) + at);
#pragma unroll
      for (int k = 0; k < width; ++k) v.at[k] = v.at[k] * own.at[2 * k] + own.at[2 * k + 1];
      activate(v, s.silu);
      store_narrowed(static_cast<T*>(s.out) + at, v);
    }
  }
}

template <class T, int width>
void normed(const GroupNormed& s, const Stream& stream) {
  const Pieces pieces = pieces_of(s);
  const dim3 threads(kThreads);
  const std::int64_t two_sums = block_sum_bytes<2>(kThreads);
  if (s.channels_last) {
    const std::int64_t packs = s.channels / width, lanes = std::max<std::int64_t>(1, kThreads / packs);
    launch("pixel_sums", pixel_sums_kernel<T, width>, s.images * pieces.count, threads,
           std::int64_t(2 * sizeof(float)) * lanes * s.channels, stream, s, pieces);
  } else {
    launch("group_sums", group_sums_kernel<T, width>, s.images * s.groups * pieces.count, threads,
           two_sums, stream, s, pieces);
  }
  launch("group_scales", group_scales_kernel<T>, s.images * s.groups, threads, two_sums, stream, s,
         pieces);
  if (s.channels_last) {
    launch("scale_pixels", scale_pixels_kernel<T, width>, s.images * pieces.count, threads, 0,
           stream, s, pieces.scale, pieces.count);
  } else {
    const std::int64_t of_channel = quotient_up(s.pixels, kernels::kNumbersAPiece);
    launch("scale_channels", scale_channels_kernel<T, width>, s.images * s.channels * of_channel,
           threads, 0, stream, s, pieces.scale, of_channel);
  }
}

}  // namespace

void run(const GroupNormed& s, const Stream& stream) {
  const auto go = [&](auto number, auto width) { normed<decltype(number), width()>(s, stream); };
  with_packs(s.number, s.channels_last ? s.channels : s.pixels, go, s.x, s.out);
}

}  // namespace lvtino::device
