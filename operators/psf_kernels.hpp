#pragma once

#include <cstdint>

/// Sparse two-dimensional correlation over plain pointers; each plane is computed by one thread in one
/// order.
namespace lvtino::kernels {

/// Taps of a correlation out[i, j] = sum_k weights[k] padded[i + rows[k], j + columns[k]], and how a
/// plane of `height` x `width` samples is padded: padded row r is row `row_source[r]` (-1: zero).
template <class T>
struct PlaneTaps {
  std::int64_t count;
  const std::int64_t* rows;
  const std::int64_t* columns;
  const T* weights;
  std::int64_t height, width, padded_height, padded_width, out_height, out_width;
  const std::int64_t* row_source;
  const std::int64_t* column_source;
};

template <class T>
void correlate_planes(const PlaneTaps<T>& taps, const T* in, std::int64_t planes, T* out);

/// The transpose: the borders of the padding are added to the samples that they were taken from.
template <class T>
void correlate_planes_transposed(const PlaneTaps<T>& taps, const T* in, std::int64_t planes, T* out);

}  // namespace lvtino::kernels
