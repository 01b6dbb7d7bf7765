#include "lvtino/device/axis_steps.hpp"

#include <algorithm>

#include "lvtino/device/pack.hpp"

namespace lvtino::device {
namespace {

constexpr int kRowThreads = 256, kPlaneThreads = 320;

// acc[r] = sum over the columns of group g of weights times in[column]; columns are `stride` apart.
template <int group, int width, class T>
__device__ __forceinline__ void combine_group(const AxisView<T>& m, std::int64_t g, const T* in,
                                              std::int64_t stride, Pack<T, width> (&acc)[group]) {
#pragma unroll
  for (int r = 0; r < group; ++r) acc[r] = filled<width>(T(0));
  const int end = m.group_offsets[g + 1];
#pragma unroll 4
  for (int e = m.group_offsets[g]; e < end; ++e) {
    const Pack<T, width> value = load<width>(in + m.group_columns[e] * stride);
    const T* const weights = m.group_weights + std::int64_t(e) * group;
#pragma unroll
    for (int r = 0; r < group; ++r) {
      const T weight = weights[r];
#pragma unroll
      for (int k = 0; k < width; ++k) acc[r].at[k] += weight * value.at[k];
    }
  }
}

// Blocks of one piece of the rows lie side by side with those of the next piece, which reads some
// of the same numbers.
template <class T, int width, int group>
__global__ void __launch_bounds__(kRowThreads)
    rows_kernel(AxisView<T> m, const T* in, std::int64_t outer, std::int64_t inner, int pieces,
                std::int64_t piece, const T* base, T scale, T* out) {
  const std::int64_t packs = inner / width;
  const std::int64_t index = std::int64_t(blockIdx.x / pieces) * kRowThreads + threadIdx.x;
  if (index >= outer * packs) return;
  const std::int64_t slice = index / packs, column = index % packs * width;
  const std::int64_t groups = (m.rows + group - 1) / group, first = blockIdx.x % pieces * piece;
  const std::int64_t end = first + piece < groups ? first + piece : groups;
  const T* const source = in + slice * m.columns * inner + column;
  for (std::int64_t g = first; g < end; ++g) {
    Pack<T, width> acc[group];
    combine_group<group, width>(m, g, source, inner, acc);
#pragma unroll
    for (int r = 0; r < group; ++r) {
      const std::int64_t row = g * group + r;
      if (row >= m.rows) break;
      const std::int64_t at = (slice * m.rows + row) * inner + column;
      Pack<T, width> value = base ? load<width>(base + at) : filled<width>(T(0));
#pragma unroll
      for (int k = 0; k < width; ++k) value.at[k] += scale * acc[r].at[k];
      store(out + at, value);
    }
  }
}

// Place of a number within a row of block memory: readers that are a power of two apart then meet
// different banks.
__device__ __forceinline__ int spread(std::int64_t column) { return int(column + (column >> 5)); }
std::int64_t spread_length(std::int64_t columns) { return columns + (columns >> 5) + 1; }

struct Planes {
  bool h_identity;
  std::int64_t groups;
};

template <class T, int width, int group>
__global__ void __launch_bounds__(kPlaneThreads)
    planes_kernel(AxisView<T> h, AxisView<T> w, Planes p, const T* in, const T* base, T scale,
                  T* out) {
  T* const middle = block_memory<T>();  // [group, spread columns]
  const int stride = spread(w.columns) + 1;
  const std::int64_t plane = blockIdx.x / p.groups, g = blockIdx.x % p.groups, top = g * group;
  const int rows = int(h.rows - top < group ? h.rows - top : group);
  const T* const source = in + plane * h.columns * w.columns;
  for (std::int64_t c = std::int64_t(threadIdx.x) * width; c < w.columns;
       c += std::int64_t(blockDim.x) * width) {
    Pack<T, width> acc[group];
    if (p.h_identity) {
#pragma unroll
      for (int r = 0; r < group; ++r)
        acc[r] = r < rows ? load<width>(source + (top + r) * w.columns + c) : filled<width>(T(0));
    } else {
      combine_group<group, width>(h, g, source + c, w.columns, acc);
    }
#pragma unroll
    for (int r = 0; r < group; ++r)
#pragma unroll
      for (int k = 0; k < width; ++k) middle[r * stride + spread(c + k)] = acc[r].at[k];
  }
  __syncthreads();
  T* const target = out + (plane * h.rows + top) * w.rows;
  const T* const addend = base ? base + (plane * h.rows + top) * w.rows : nullptr;
  for (std::int64_t j = threadIdx.x; j < w.rows; j += blockDim.x) {
    T before[group], sum[group];
#pragma unroll
    for (int r = 0; r < group; ++r) {
      before[r] = addend && r < rows ? addend[r * w.rows + j] : T(0);
      sum[r] = T(0);
    }
    const int count = w.counts[j];
#pragma unroll 4
    for (int k = 0; k < count; ++k) {
      const int at = spread(w.row_columns[k * w.rows + j]);
      const T weight = w.row_weights[k * w.rows + j];
#pragma unroll
      for (int r = 0; r < group; ++r) sum[r] += weight * middle[r * stride + at];
    }
#pragma unroll
    for (int r = 0; r < group; ++r)
      if (r < rows) target[r * w.rows + j] = before[r] + scale * sum[r];
  }
}

template <class T, int width, int group>
void rows_step(const Stream& stream, const AxisView<T>& m, const T* in, std::int64_t outer,
               std::int64_t inner, const T* base, T scale, T* out) {
  constexpr std::int64_t kEnough = 4096;  // blocks that keep a device busy to the end
  const std::int64_t across = quotient_up(outer * (inner / width), kRowThreads);
  const std::int64_t piece =
      std::max<std::int64_t>(1, m.groups() / std::max<std::int64_t>(1, kEnough / across));
  const std::int64_t pieces = quotient_up(m.groups(), piece);
  launch("apply_to_rows", rows_kernel<T, width, group>, across * pieces, dim3(kRowThreads), 0,
         stream, m, in, outer, inner, int(pieces), piece, base, scale, out);
}

template <class T, int width, int group>
void planes_step(const Stream& stream, const AxisTable<T>& h, const AxisTable<T>& w, const T* in,
                 std::int64_t planes, const T* base, T scale, T* out) {
  const AxisView<T>&hv = h.view(), &wv = w.view();
  const std::int64_t bytes = group * spread_length(wv.columns) * std::int64_t(sizeof(T));
  if (bytes > kRowMemory)
    throw ShapeError(text("separable map on the device: rows of ", wv.columns,
                          " numbers do not fit in block memory"));
  // As many threads as share the work of both halves evenly.
  const std::int64_t most = std::max(quotient_up(wv.columns, width), quotient_up(wv.rows, 4));
  const std::int64_t rounds = quotient_up(most, kPlaneThreads);
  const std::int64_t threads = 32 * quotient_up(quotient_up(most, rounds), 32);
  const Planes p{h.identity(), hv.groups()};
  launch("apply_to_planes", planes_kernel<T, width, group>, planes * p.groups,
         dim3(unsigned(threads)), bytes, stream, hv, wv, p, in, base, scale, out);
}

// Calls run(width, group) with both as compile-time numbers.
template <class T, class Run>
void choose(bool packs, int group, const Run& run) {
  const auto with = [&](auto width) {
    if (group == 8)
      run(width, std::integral_constant<int, 8>());
    else
      run(width, std::integral_constant<int, 4>());
  };
  if (packs)
    with(std::integral_constant<int, kFullPack<T>>());
  else
    with(std::integral_constant<int, 1>());
}

}  // namespace

template <class T>
void apply_to_rows(const Stream& stream, const AxisTable<T>& m, const T* in, std::int64_t outer,
                   std::int64_t inner, const T* base, T scale, T* out) {
  choose<T>(packs_fit<T>(inner, in, base, out), m.view().group, [&](auto width, auto group) {
    rows_step<T, decltype(width)::value, decltype(group)::value>(stream, m.view(), in, outer, inner,
                                                                 base, scale, out);
  });
}

template <class T>
void apply_to_planes(const Stream& stream, const AxisTable<T>& h, const AxisTable<T>& w,
                     const T* in, std::int64_t planes, const T* base, T scale, T* out) {
  if (w.identity()) return apply_to_rows(stream, h, in, planes, w.view().columns, base, scale, out);
  choose<T>(packs_fit<T>(w.view().columns, in), h.view().group, [&](auto width, auto group) {
    planes_step<T, decltype(width)::value, decltype(group)::value>(stream, h, w, in, planes, base,
                                                                   scale, out);
  });
}

#define LVTINO_INSTANTIATE(T)                                                                      \
  template void apply_to_rows(const Stream&, const AxisTable<T>&, const T*, std::int64_t,          \
                              std::int64_t, const T*, T, T*);                                      \
  template void apply_to_planes(const Stream&, const AxisTable<T>&, const AxisTable<T>&, const T*, \
                                std::int64_t, const T*, T, T*);
LVTINO_INSTANTIATE(float)
LVTINO_INSTANTIATE(double)
#undef LVTINO_INSTANTIATE

}  // namespace lvtino::device
