#include "operators/psf_kernels.hpp"

#include <algorithm>
#include <vector>

#include "lvtino/core/parallel.hpp"

namespace lvtino::kernels {
namespace {

template <class T>
void pad(const PlaneTaps<T>& m, const T* in, T* padded) {
  for (std::int64_t r = 0; r < m.padded_height; ++r) {
    T* const row = padded + r * m.padded_width;
    const std::int64_t source = m.row_source[r];
    for (std::int64_t c = 0; c < m.padded_width; ++c)
      row[c] = source < 0 || m.column_source[c] < 0 ? T(0) : in[source * m.width + m.column_source[c]];
  }
}

template <class T>
void fold(const PlaneTaps<T>& m, const T* padded, T* out) {
  std::fill(out, out + m.height * m.width, T(0));
  for (std::int64_t r = 0; r < m.padded_height; ++r) {
    const std::int64_t source = m.row_source[r];
    for (std::int64_t c = 0; c < m.padded_width; ++c)
      if (source >= 0 && m.column_source[c] >= 0)
        out[source * m.width + m.column_source[c]] += padded[r * m.padded_width + c];
  }
}

template <class T>
inline void add_scaled(const T* in, T scale, std::int64_t count, T* out) {
  for (std::int64_t i = 0; i < count; ++i) out[i] += scale * in[i];
}

}  // namespace

template <class T>
void correlate_planes(const PlaneTaps<T>& m, const T* in, std::int64_t planes, T* out) {
  parallel_for(planes, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<T> padded(std::size_t(m.padded_height * m.padded_width));
    for (std::int64_t p = begin; p < end; ++p) {
      pad(m, in + p * m.height * m.width, padded.data());
      for (std::int64_t i = 0; i < m.out_height; ++i) {
        T* const row = out + (p * m.out_height + i) * m.out_width;
        std::fill(row, row + m.out_width, T(0));
        for (std::int64_t k = 0; k < m.count; ++k)
          add_scaled(padded.data() + (i + m.rows[k]) * m.padded_width + m.columns[k], m.weights[k],
                     m.out_width, row);
      }
    }
  });
}

template <class T>
void correlate_planes_transposed(const PlaneTaps<T>& m, const T* in, std::int64_t planes, T* out) {
  parallel_for(planes, 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<T> padded(std::size_t(m.padded_height * m.padded_width));
    for (std::int64_t p = begin; p < end; ++p) {
      std::fill(padded.begin(), padded.end(), T(0));
      for (std::int64_t i = 0; i < m.out_height; ++i)
        for (std::int64_t k = 0; k < m.count; ++k)
          add_scaled(in + (p * m.out_height + i) * m.out_width, m.weights[k], m.out_width,
                     padded.data() + (i + m.rows[k]) * m.padded_width + m.columns[k]);
      fold(m, padded.data(), out + p * m.height * m.width);
    }
  });
}

template void correlate_planes(const PlaneTaps<float>&, const float*, std::int64_t, float*);
template void correlate_planes(const PlaneTaps<double>&, const double*, std::int64_t, double*);
template void correlate_planes_transposed(const PlaneTaps<float>&, const float*, std::int64_t, float*);
template void correlate_planes_transposed(const PlaneTaps<double>&, const double*, std::int64_t, double*);

}  // namespace lvtino::kernels
