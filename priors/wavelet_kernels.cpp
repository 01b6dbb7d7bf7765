#include "priors/wavelet_kernels.hpp"

#include <algorithm>

namespace lvtino::kernels {
namespace {

template <class T>
void rotate_rows(T* a, T* b, std::int64_t count, T c, T s) {
  for (std::int64_t i = 0; i < count; ++i) {
    const T x = a[i], y = b[i];
    a[i] = c * x + s * y;
    b[i] = c * y - s * x;
  }
}

// Where each sample of the last stage goes: approximations first, details behind them.
struct Places {
  explicit Places(const WaveletLevel& level)
      : first(level.stages.back().first),
        pairs(level.details),
        coarse(level.extent - level.details) {}
  std::int64_t approximation(std::int64_t k) const { return first + k; }
  std::int64_t detail(std::int64_t k) const { return coarse + k; }
  std::int64_t first, pairs, coarse;
};

}  // namespace

template <class T>
void analyse_columns(T* x, std::int64_t inner, std::int64_t stride, const WaveletLevel& level,
                     T* scratch) {
  if (level.details == 0) return;
  for (const Rotations& stage : level.stages)
    for (std::size_t k = 0; k < stage.cosine.size(); ++k) {
      T* const a = x + (stage.first + 2 * std::int64_t(k)) * stride;
      rotate_rows(a, a + stride, inner, T(stage.cosine[k]), T(stage.sine[k]));
    }
  const Places to(level);
  for (std::int64_t k = 0; k < to.pairs; ++k) {
    const T* const pair = x + (to.first + 2 * k) * stride;
    std::copy_n(pair + stride, inner, scratch + k * inner);
    std::copy_n(pair, inner, x + to.approximation(k) * stride);
  }
  if (to.first + 2 * to.pairs < level.extent)
    std::copy_n(x + (level.extent - 1) * stride, inner, x + (to.coarse - 1) * stride);
  for (std::int64_t k = 0; k < to.pairs; ++k)
    std::copy_n(scratch + k * inner, inner, x + to.detail(k) * stride);
}

template <class T>
void synthesise_columns(T* x, std::int64_t inner, std::int64_t stride, const WaveletLevel& level,
                        T* scratch) {
  if (level.details == 0) return;
  const Places to(level);
  for (std::int64_t k = 0; k < to.pairs; ++k)
    std::copy_n(x + to.detail(k) * stride, inner, scratch + k * inner);
  if (to.first + 2 * to.pairs < level.extent)
    std::copy_n(x + (to.coarse - 1) * stride, inner, x + (level.extent - 1) * stride);
  for (std::int64_t k = to.pairs - 1; k >= 0; --k) {
    T* const pair = x + (to.first + 2 * k) * stride;
    std::copy_n(x + to.approximation(k) * stride, inner, pair);
    std::copy_n(scratch + k * inner, inner, pair + stride);
  }
  for (std::size_t j = level.stages.size(); j-- > 0;) {
    const Rotations& stage = level.stages[j];
    for (std::size_t k = 0; k < stage.cosine.size(); ++k) {
      T* const a = x + (stage.first + 2 * std::int64_t(k)) * stride;
      rotate_rows(a, a + stride, inner, T(stage.cosine[k]), T(-stage.sine[k]));
    }
  }
}

template <class T>
void analyse_rows(T* x, std::int64_t rows, std::int64_t stride, const WaveletLevel& level,
                  T* scratch) {
  for (std::int64_t row = 0; row < rows; ++row)
    analyse_columns(x + row * stride, 1, 1, level, scratch);
}

template <class T>
void synthesise_rows(T* x, std::int64_t rows, std::int64_t stride, const WaveletLevel& level,
                     T* scratch) {
  for (std::int64_t row = 0; row < rows; ++row)
    synthesise_columns(x + row * stride, 1, 1, level, scratch);
}

template void analyse_columns(float*, std::int64_t, std::int64_t, const WaveletLevel&, float*);
template void analyse_columns(double*, std::int64_t, std::int64_t, const WaveletLevel&, double*);
template void synthesise_columns(float*, std::int64_t, std::int64_t, const WaveletLevel&, float*);
template void synthesise_columns(double*, std::int64_t, std::int64_t, const WaveletLevel&, double*);
template void analyse_rows(float*, std::int64_t, std::int64_t, const WaveletLevel&, float*);
template void analyse_rows(double*, std::int64_t, std::int64_t, const WaveletLevel&, double*);
template void synthesise_rows(float*, std::int64_t, std::int64_t, const WaveletLevel&, float*);
template void synthesise_rows(double*, std::int64_t, std::int64_t, const WaveletLevel&, double*);

}  // namespace lvtino::kernels
