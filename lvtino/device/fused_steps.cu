#include "lvtino/device/fused_steps.hpp"

#include <algorithm>
#include <type_traits>

#include "lvtino/device/fused_numbers.hpp"

namespace lvtino::device {
namespace {

using kernels::GatedSum;
using kernels::Geglu;
using kernels::ModulatedNorm;
using kernels::RmsNormed;

constexpr int kThreads = 256;

template <class T>
__device__ __forceinline__ const T* row_of(const void* from, std::int64_t row, std::int64_t width) {
  return static_cast<const T*>(from) + row * width;
}
template <class T>
__device__ __forceinline__ T* row_of(void* from, std::int64_t row, std::int64_t width) {
  return static_cast<T*>(from) + row * width;
}

template <class T, int width>
__global__ void __launch_bounds__(kThreads) modulated_norm_kernel(ModulatedNorm s) {
  float* const shared = block_memory<float>();
  const std::int64_t row = blockIdx.x, step = std::int64_t(blockDim.x) * width,
                     begin = std::int64_t(threadIdx.x) * width;
  const T* const x = row_of<T>(s.x, row, s.width);
  T* const out = row_of<T>(s.out, row, s.width);
  const T* const shift = row_of<T>(s.shift, row / s.rows_each, s.stride);
  const T* const scale = row_of<T>(s.scale, row / s.rows_each, s.stride);
  float sum[1] = {0};
  for (std::int64_t i = begin; i < s.width; i += step) {
    const Pack<float, width> v = widened<width>(x + i);
#pragma unroll
    for (int k = 0; k < width; ++k) sum[0] += v.at[k];
  }
  block_sum(sum, shared);
  const float mean = sum[0] / float(s.width);
  float square[1] = {0};
  for (std::int64_t i = begin; i < s.width; i += step) {
    const Pack<float, width> v = widened<width>(x + i);
#pragma unroll
    for (int k = 0; k < width; ++k) square[0] += (v.at[k] - mean) * (v.at[k] - mean);
  }
  block_sum(square, shared);
  const float inverse = 1.f / sqrtf(square[0] / float(s.width) + s.epsilon);
  for (std::int64_t i = begin; i < s.width; i += step) {
    Pack<float, width> v = widened<width>(x + i);
    const Pack<float, width> a = widened<width>(scale + i), b = widened<width>(shift + i);
#pragma unroll
    for (int k = 0; k < width; ++k)
      v.at[k] = (v.at[k] - mean) * inverse * (1.f + a.at[k]) + b.at[k];
    store_narrowed(out + i, v);
  }
}

template <class T, int width>
__global__ void __launch_bounds__(kThreads) rms_normed_kernel(RmsNormed s) {
  float* const shared = block_memory<float>();
  const std::int64_t row = blockIdx.x, step = std::int64_t(blockDim.x) * width,
                     begin = std::int64_t(threadIdx.x) * width;
  const T* const x = row_of<T>(s.x, row, s.width);
  T* const out = row_of<T>(s.out, row, s.width);
  const T* const weight = static_cast<const T*>(s.weight);
  float square[1] = {0};
  for (std::int64_t i = begin; i < s.width; i += step) {
    const Pack<float, width> v = widened<width>(x + i);
#pragma unroll
    for (int k = 0; k < width; ++k) square[0] += v.at[k] * v.at[k];
  }
  block_sum(square, shared);
  const float count = float(s.width), norm = sqrtf(square[0]);
  const float inverse = s.euclidean
                            ? sqrtf(count) / (norm > s.epsilon ? norm : s.epsilon)
                            : 1.f / sqrtf(square[0] / count + s.epsilon);
  const float* const turns = s.turns ? s.turns + row % s.tokens * s.head : nullptr;
  for (std::int64_t i = begin; i < s.width; i += step) {
    Pack<float, width> v = widened<width>(x + i);
    const Pack<float, width> gain = widened<width>(weight + i);
#pragma unroll
    for (int k = 0; k < width; ++k) v.at[k] *= inverse * gain.at[k];
    if constexpr (width > 1)
      if (turns) {
#pragma unroll
        for (int k = 0; k < width; k += 2) {
          const std::int64_t at = (i + k) % s.head;
          const float a = v.at[k], b = v.at[k + 1], cosine = turns[at], sine = turns[at + 1];
          v.at[k] = a * cosine - b * sine;
          v.at[k + 1] = a * sine + b * cosine;
        }
      }
    if (s.silu)
#pragma unroll
      for (int k = 0; k < width; ++k) v.at[k] = silu(v.at[k]);
    store_narrowed(out + i, v);
  }
}

template <class T, int width>
__global__ void __launch_bounds__(kThreads) gated_sum_kernel(GatedSum s) {
  const std::int64_t row = blockIdx.x, step = std::int64_t(blockDim.x) * width;
  const T* const x = row_of<T>(s.x, row, s.width);
  const T* const gate = row_of<T>(s.gate, row / s.rows_each, s.stride);
  T* const y = row_of<T>(s.y, row, s.width);
  for (std::int64_t i = std::int64_t(threadIdx.x) * width; i < s.width; i += step) {
    Pack<float, width> v = widened<width>(y + i);
    const Pack<float, width> a = widened<width>(x + i), g = widened<width>(gate + i);
#pragma unroll
    for (int k = 0; k < width; ++k) v.at[k] = a.at[k] + g.at[k] * v.at[k];
    store_narrowed(y + i, v);
  }
}

template <class T, int width>
__global__ void __launch_bounds__(kThreads) geglu_kernel(Geglu s) {
  const std::int64_t row = blockIdx.x, step = std::int64_t(blockDim.x) * width;
  const T* const a = row_of<T>(s.wide, row, 2 * s.width);
  T* const out = row_of<T>(s.out, row, s.width);
  for (std::int64_t i = std::int64_t(threadIdx.x) * width; i < s.width; i += step) {
    Pack<float, width> v = widened<width>(a + i);
    const Pack<float, width> b = widened<width>(a + s.width + i);
#pragma unroll
    for (int k = 0; k < width; ++k) v.at[k] *= gelu(b.at[k]);
    store_narrowed(out + i, v);
  }
}

}  // namespace

void run(const ModulatedNorm& s, const Stream& stream) {
  const auto go = [&](auto number, auto width) {
    const int threads = threads_for(quotient_up(s.width, width()));
    launch("modulated_norm", modulated_norm_kernel<decltype(number), width()>, s.rows,
           dim3(unsigned(threads)), block_sum_bytes<1>(threads), stream, s);
  };
  // Rows of shifts begin where a pack may begin, too.
  const bool whole = s.stride % 8 == 0;
  with_packs(s.number, whole ? s.width : s.width % 2 == 0 ? 2 : 1, go, s.x, s.shift, s.scale,
             s.out);
}

void run(const RmsNormed& s, const Stream& stream) {
  if (s.turns && (s.head % 2 != 0 || s.width % s.head != 0))
    throw ShapeError(text("rms_normed: expected heads of an even number of features that divides ",
                          s.width, ", got ", s.head));
  const auto go = [&](auto number, auto width) {
    const int threads = threads_for(quotient_up(s.width, width()));
    launch("rms_normed", rms_normed_kernel<decltype(number), width()>, s.rows,
           dim3(unsigned(threads)), block_sum_bytes<1>(threads), stream, s);
  };
  with_packs(s.number, s.width, go, s.x, s.weight, s.out);
}

void run(const GatedSum& s, const Stream& stream) {
  const auto go = [&](auto number, auto width) {
    launch("gated_sum", gated_sum_kernel<decltype(number), width()>, s.rows,
           dim3(unsigned(threads_for(quotient_up(s.width, width())))), 0, stream, s);
  };
  const bool whole = s.stride % 8 == 0;
  with_packs(s.number, whole ? s.width : s.width % 2 == 0 ? 2 : 1, go, s.x, s.gate, s.y);
}

void run(const Geglu& s, const Stream& stream) {
  const auto go = [&](auto number, auto width) {
    launch("geglu", geglu_kernel<decltype(number), width()>, s.rows,
           dim3(unsigned(threads_for(quotient_up(s.width, width())))), 0, stream, s);
  };
  with_packs(s.number, s.width, go, s.wide, s.out);
}

}  // namespace lvtino::device
