#include "operators/axis_kernels.hpp"

#if defined(__AVX512F__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "lvtino/core/parallel.hpp"

namespace lvtino::kernels {
namespace {

constexpr std::int64_t kLanes = 16;

// Sixteen numbers that the compiler keeps in vector registers (it splits them where they are
// short).
template <class T>
struct LanesOf {
  typedef T type __attribute__((vector_size(kLanes * sizeof(T)), aligned(alignof(T)), may_alias));
};
template <class T>
using Lanes = typename LanesOf<T>::type;

template <class T>
inline const Lanes<T>& lanes_at(const T* data) {
  return *reinterpret_cast<const Lanes<T>*>(data);
}
template <class T>
inline Lanes<T>& lanes_at(T* data) {
  return *reinterpret_cast<Lanes<T>*>(data);
}

// Past the caches: what is written has not been read, nor would it stay there until it is. Needs an
// address that is a multiple of 64.
template <class T>
inline void stream(T* out, const Lanes<T>& lanes) {
#if defined(__AVX512F__)
  for (std::size_t k = 0; k < sizeof(lanes) / sizeof(__m512i); ++k)
    _mm512_stream_si512(reinterpret_cast<__m512i*>(out) + k,
                        _mm512_loadu_si512(reinterpret_cast<const __m512i*>(&lanes) + k));
#else
  lanes_at(out) = lanes;
#endif
}

// After the last of a thread's streamed writes, before others read them.
inline void end_stream() {
#if defined(__AVX512F__)
  _mm_sfence();
#endif
}

// Worth it for what exceeds the caches; rows must begin at multiples of 64 bytes.
template <class T>
bool can_stream(const T* base, const T* out, std::int64_t count, std::int64_t inner) {
  constexpr std::int64_t kLeastBytes = std::int64_t(1) << 23;
  return base != out && count * std::int64_t(sizeof(T)) >= kLeastBytes && inner % kLanes == 0 &&
         reinterpret_cast<std::uintptr_t>(out) % 64 == 0;
}

// out[c] = base[c] + scale sum_k weights[k] rows[indices[k]][c], c < count; rows are `stride`
// apart.
template <bool streamed = false, class T>
inline void combine_rows(const T* weights, const std::int32_t* indices, std::int64_t entries,
                         const T* in, std::int64_t stride, std::int64_t count, const T* base,
                         T scale, T* out) {
  std::int64_t c = 0;
  for (; c + 2 * kLanes <= count; c += 2 * kLanes) {
    Lanes<T> first{}, second{};
    for (std::int64_t k = 0; k < entries; ++k) {
      const T* row = in + indices[k] * stride + c;
      first += weights[k] * lanes_at(row);
      second += weights[k] * lanes_at(row + kLanes);
    }
    first *= scale, second *= scale;
    if (base) first += lanes_at(base + c), second += lanes_at(base + c + kLanes);
    if constexpr (streamed)
      stream(out + c, first), stream(out + c + kLanes, second);
    else
      lanes_at(out + c) = first, lanes_at(out + c + kLanes) = second;
  }
  for (; c < count; ++c) {
    T sum = 0;
    for (std::int64_t k = 0; k < entries; ++k) sum += weights[k] * in[indices[k] * stride + c];
    out[c] = base ? base[c] + scale * sum : scale * sum;
  }
}

template <bool streamed = false, class T>
inline void combine_row(const SparseRows<T>& m, std::int64_t row, const T* in, std::int64_t stride,
                        std::int64_t count, const T* base, T scale, T* out) {
  const std::int64_t first = m.offsets[row];
  combine_rows<streamed>(m.weights + first, m.indices + first, m.offsets[row + 1] - first, in,
                         stride, count, base, scale, out);
}

#if defined(__AVX512F__)
// out[c][r] = in[r][c] for sixteen rows and columns: one bit of the two indices changes places at a
// time.
inline void turn_block(const float* in, std::int64_t in_stride, float* out,
                       std::int64_t out_stride) {
  __m512 rows[kLanes];
  for (int r = 0; r < kLanes; ++r) rows[r] = _mm512_loadu_ps(in + r * in_stride);
  const __m512i lane = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
#pragma GCC unroll 4
  for (int bit = 1; bit < kLanes; bit *= 2) {
    const __m512i step = _mm512_set1_epi32(bit), other = _mm512_set1_epi32(kLanes);
    const __mmask16 set = _mm512_test_epi32_mask(lane, step);
    const __m512i low = _mm512_mask_add_epi32(lane, set, _mm512_sub_epi32(lane, step), other);
    const __m512i high = _mm512_mask_add_epi32(_mm512_add_epi32(lane, step), set, lane, other);
#pragma GCC unroll 16
    for (int r = 0; r < kLanes; ++r) {
      if (r & bit) continue;
      const __m512 a = rows[r], b = rows[r + bit];
      rows[r] = _mm512_permutex2var_ps(a, low, b),
      rows[r + bit] = _mm512_permutex2var_ps(a, high, b);
    }
  }
  for (int c = 0; c < kLanes; ++c) _mm512_storeu_ps(out + c * out_stride, rows[c]);
}
#endif

// out[c][r] = in[r][c].
template <class T>
void turn(const T* in, std::int64_t rows, std::int64_t columns, std::int64_t in_stride, T* out,
          std::int64_t out_stride) {
  std::int64_t whole = 0;  // columns that are done for whole blocks of rows
#if defined(__AVX512F__)
  if constexpr (std::is_same_v<T, float>) {
    whole = columns / kLanes * kLanes;
    const std::int64_t whole_rows = rows / kLanes * kLanes;
    for (std::int64_t r = 0; r < whole_rows; r += kLanes)
      for (std::int64_t c = 0; c < whole; c += kLanes)
        turn_block(in + r * in_stride + c, in_stride, out + c * out_stride + r, out_stride);
    for (std::int64_t r = whole_rows; r < rows; ++r)
      for (std::int64_t c = 0; c < whole; ++c) out[c * out_stride + r] = in[r * in_stride + c];
  }
#endif
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t c = whole; c < columns; ++c) out[c * out_stride + r] = in[r * in_stride + c];
}

// Along the contiguous axis sixteen rows go together: transposed, they are one vector a sample.
template <class T>
void combine_columns(const SparseRows<T>& m, const T* in, std::int64_t rows, const T* base, T scale,
                     T* out, T* panel) {
  for (std::int64_t top = 0; top < rows; top += kLanes) {
    const std::int64_t count = std::min(kLanes, rows - top);
    turn(in + top * m.columns, count, m.columns, m.columns, panel, kLanes);
    T* const result = panel + m.columns * kLanes;
    for (std::int64_t j = 0; j < m.rows; ++j) {
      Lanes<T> sum{};
      for (std::int64_t k = m.offsets[j]; k < m.offsets[j + 1]; ++k)
        sum += m.weights[k] * lanes_at(panel + m.indices[k] * kLanes);
      lanes_at(result + j * kLanes) = sum * scale;
    }
    if (!base) {
      turn(result, m.rows, count, kLanes, out + top * m.rows, m.rows);
      continue;
    }
    T* const turned = result + m.rows * kLanes;
    turn(result, m.rows, count, kLanes, turned, m.rows);
    for (std::int64_t j = 0; j < count * m.rows; ++j)
      out[top * m.rows + j] = base[top * m.rows + j] + turned[j];
  }
}

// Numbers that combine_columns works in.
template <class T>
std::int64_t panel_size(const SparseRows<T>& m) {
  return (m.columns + 2 * m.rows) * kLanes;
}

template <class T>
void copy_scaled(const T* in, std::int64_t count, const T* base, T scale, T* out) {
  for (std::int64_t i = 0; i < count; ++i) out[i] = base ? base[i] + scale * in[i] : scale * in[i];
}

// Items a thread takes at least, so that small arrays do not pay for waking one.
std::int64_t grain_of(std::int64_t words_an_item) {
  constexpr std::int64_t kLeastWords = 8192;
  return 1 + kLeastWords / std::max<std::int64_t>(1, words_an_item);
}

template <class T>
std::int64_t entries(const SparseRows<T>& m) {
  return m.identity ? 0 : m.offsets[m.rows];
}

}  // namespace

template <class T>
void apply_to_rows(const SparseRows<T>& m, const T* in, std::int64_t outer, std::int64_t inner,
                   const T* base, T scale, T* out) {
  constexpr std::int64_t kColumns = 4096;  // a chunk of all rows stays in the second-level cache
  const std::int64_t chunks = (inner + kColumns - 1) / kColumns;
  const std::int64_t words = (m.rows + m.columns) * std::min(inner, kColumns);
  const bool streamed = can_stream(base, out, outer * m.rows * inner, inner);
  parallel_for(outer * chunks, grain_of(words), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t item = begin; item < end; ++item) {
      const std::int64_t slice = item / chunks, first = (item % chunks) * kColumns;
      const std::int64_t count = std::min(kColumns, inner - first);
      for (std::int64_t row = 0; row < m.rows; ++row) {
        const std::int64_t at = (slice * m.rows + row) * inner + first;
        const T* const source = in + slice * m.columns * inner + first;
        const T* const addend = base ? base + at : nullptr;
        if (streamed)
          combine_row<true>(m, row, source, inner, count, addend, scale, out + at);
        else
          combine_row(m, row, source, inner, count, addend, scale, out + at);
      }
    }
    if (streamed) end_stream();
  });
}

namespace {

// Operations of W on a row; a number that is turned into a lane, or out of one, costs some too.
template <class T>
std::int64_t row_cost(const SparseRows<T>& w) {
  constexpr std::int64_t kTurnCost = 8;
  return w.identity ? 0 : entries(w) + kTurnCost * (w.columns + w.rows);
}

// Operations of H (x) W on a plane, in the cheaper order.
template <class T>
std::int64_t plane_cost(const SparseRows<T>& h, const SparseRows<T>& w, bool rows_first) {
  return rows_first ? entries(h) * w.columns + h.rows * row_cost(w)
                    : h.columns * row_cost(w) + entries(h) * w.rows;
}
template <class T>
bool rows_cost_less(const SparseRows<T>& h, const SparseRows<T>& w) {
  return plane_cost(h, w, true) <= plane_cost(h, w, false);
}

// H (x) W on one plane after the other, with the memory of one thread.
template <class T>
class PlaneWork {
 public:
  PlaneWork(const SparseRows<T>& h, const SparseRows<T>& w)
      : h_(h),
        w_(w),
        rows_first_(rows_cost_less(h, w)),
        middle_(std::size_t(h.identity || w.identity ? 0
                            : rows_first_            ? h.rows * w.columns
                                                     : h.columns * w.rows)),
        panel_(std::size_t(w.identity ? 0 : panel_size(w))) {}

  void run(const T* source, const T* addend, T scale, T* target) {
    if (h_.identity && w_.identity) {
      copy_scaled(source, h_.columns * w_.columns, addend, scale, target);
    } else if (w_.identity) {
      along_h(source, w_.columns, addend, scale, target);
    } else if (h_.identity) {
      combine_columns(w_, source, h_.rows, addend, scale, target, panel_.data());
    } else if (rows_first_) {
      along_h(source, w_.columns, nullptr, T(1), middle_.data());
      combine_columns(w_, middle_.data(), h_.rows, addend, scale, target, panel_.data());
    } else {
      combine_columns(w_, source, h_.columns, static_cast<const T*>(nullptr), T(1), middle_.data(),
                      panel_.data());
      along_h(middle_.data(), w_.rows, addend, scale, target);
    }
  }

 private:
  void along_h(const T* from, std::int64_t width, const T* plus, T factor, T* to) {
    if (!plus && entries(h_) >= kManyEntries * h_.rows)
      return along_h_by_groups(from, width, factor, to);
    for (std::int64_t row = 0; row < h_.rows; ++row)
      combine_row(h_, row, from, width, width, plus ? plus + row * width : nullptr, factor,
                  to + row * width);
  }

  // Long rows read more of the plane than the first-level cache holds, and read it again for the
  // next row. So a group of the plane's rows goes into all sums that it is a part of while it is
  // there.
  void along_h_by_groups(const T* from, std::int64_t width, T factor, T* to) {
    constexpr std::int64_t kGroupBytes = 20 << 10;
    const std::int64_t group =
        std::max<std::int64_t>(4, kGroupBytes / (width * std::int64_t(sizeof(T))));
    done_.assign(h_.offsets, h_.offsets + h_.rows);
    for (std::int64_t end = group; end < h_.columns + group; end += group)
      for (std::int64_t row = 0; row < h_.rows; ++row) {
        const std::int64_t first = done_[std::size_t(row)], last = h_.offsets[row + 1];
        std::int64_t k = first;
        while (k < last && h_.indices[k] < end) ++k;
        T* const sum = to + row * width;
        const bool begun = first > h_.offsets[row];
        if (k > first || (!begun && end >= h_.columns))  // a row without entries is zero
          combine_rows(h_.weights + first, h_.indices + first, k - first, from, width, width,
                       begun ? sum : nullptr, factor, sum);
        done_[std::size_t(row)] = k;
      }
  }

  static constexpr std::int64_t kManyEntries = 8;  // a row, from which on groups pay

  const SparseRows<T>&h_, &w_;
  bool rows_first_;
  std::vector<T> middle_, panel_;
  std::vector<std::int64_t> done_;  // entries of each row that its sum has
};

}  // namespace

template <class T>
void apply_to_planes(const SparseRows<T>& h, const SparseRows<T>& w, const T* in,
                     std::int64_t planes, const T* base, T scale, T* out) {
  const std::int64_t in_size = h.columns * w.columns, out_size = h.rows * w.rows;
  parallel_for(planes, grain_of(in_size + out_size), [&](std::int64_t begin, std::int64_t end) {
    PlaneWork<T> work(h, w);
    for (std::int64_t p = begin; p < end; ++p)
      work.run(in + p * in_size, base ? base + p * out_size : nullptr, scale, out + p * out_size);
  });
}

template <class T>
bool takes_planes_first(const SparseRows<T>& t, const SparseRows<T>& h, const SparseRows<T>& w) {
  // A number combined in time comes from memory; one combined in a plane, from the cache.
  constexpr std::int64_t kTimeCost = 2;
  const std::int64_t plane = plane_cost(h, w, rows_cost_less(h, w));
  const std::int64_t time = kTimeCost * entries(t);
  return t.columns * plane + time * h.rows * w.rows <=
         time * h.columns * w.columns + t.rows * plane;
}

template <class T>
void apply_rows_then_planes(const SparseRows<T>& t, const SparseRows<T>& h, const SparseRows<T>& w,
                            const T* in, std::int64_t slices, const T* base, T scale, T* out) {
  const std::int64_t in_size = h.columns * w.columns, out_size = h.rows * w.rows;
  const std::int64_t words = in_size * (1 + t.columns / t.rows) + out_size;
  parallel_for(slices * t.rows, grain_of(words), [&](std::int64_t begin, std::int64_t end) {
    PlaneWork<T> work(h, w);
    std::vector<T> plane((std::size_t(in_size)));
    for (std::int64_t p = begin; p < end; ++p) {
      combine_row(t, p % t.rows, in + p / t.rows * t.columns * in_size, in_size, in_size,
                  static_cast<const T*>(nullptr), T(1), plane.data());
      work.run(plane.data(), base ? base + p * out_size : nullptr, scale, out + p * out_size);
    }
  });
}

template void apply_to_rows(const SparseRows<float>&, const float*, std::int64_t, std::int64_t,
                            const float*, float, float*);
template void apply_to_rows(const SparseRows<double>&, const double*, std::int64_t, std::int64_t,
                            const double*, double, double*);
template void apply_to_planes(const SparseRows<float>&, const SparseRows<float>&, const float*,
                              std::int64_t, const float*, float, float*);
template void apply_to_planes(const SparseRows<double>&, const SparseRows<double>&, const double*,
                              std::int64_t, const double*, double, double*);

template bool takes_planes_first(const SparseRows<float>&, const SparseRows<float>&,
                                 const SparseRows<float>&);
template bool takes_planes_first(const SparseRows<double>&, const SparseRows<double>&,
                                 const SparseRows<double>&);
template void apply_rows_then_planes(const SparseRows<float>&, const SparseRows<float>&,
                                     const SparseRows<float>&, const float*, std::int64_t,
                                     const float*, float, float*);
template void apply_rows_then_planes(const SparseRows<double>&, const SparseRows<double>&,
                                     const SparseRows<double>&, const double*, std::int64_t,
                                     const double*, double, double*);

}  // namespace lvtino::kernels
