#pragma once

#include <cstdint>
#include <vector>

namespace lvtino::kernels {

/// Rotations of neighbours (first + 2 k, first + 2 k + 1):
/// (a, b) -> (cosine a + sine b, cosine b - sine a).
struct Rotations {
  std::int64_t first = 0;
  std::vector<double> cosine, sine;
};

/// One level on `extent` samples: the stages in order; pairs of the last give an approximation and
/// a detail, samples outside its pairs are approximations.
struct WaveletLevel {
  std::int64_t extent = 0, details = 0;
  std::vector<Rotations> stages;
};

/// `levels` (finest first) on the first axis of the array [levels[0].extent, inner], in place.
/// `scratch` holds as many numbers as the array.
template <class T>
void analyse_columns(T* x, std::int64_t inner, std::int64_t row_stride, const WaveletLevel& level,
                     T* scratch);
template <class T>
void synthesise_columns(T* x, std::int64_t inner, std::int64_t row_stride,
                        const WaveletLevel& level, T* scratch);

/// One level on each of `rows` contiguous rows that begin `row_stride` apart; `scratch` holds one
/// row.
template <class T>
void analyse_rows(T* x, std::int64_t rows, std::int64_t row_stride, const WaveletLevel& level,
                  T* scratch);
template <class T>
void synthesise_rows(T* x, std::int64_t rows, std::int64_t row_stride, const WaveletLevel& level,
                     T* scratch);

}  // namespace lvtino::kernels
