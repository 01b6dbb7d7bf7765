#include "validation/ssim_kernels.hpp"

#include <array>
#include <cmath>
#include <vector>

#include "lvtino/core/parallel.hpp"

namespace lvtino::kernels {
namespace {

constexpr double kDeviation = 1.5;
constexpr double kC1 = 0.01 * 0.01, kC2 = 0.03 * 0.03;  // for pixels of range 1
constexpr int kMoments = 5;                             // a, b, a a, b b, a b
constexpr std::int64_t kStrip =
    256;  // columns that are worked on at a time, so that they stay in cache

std::array<double, kSsimTaps> window() {
  std::array<double, kSsimTaps> taps{};
  double sum = 0;
  for (std::int64_t i = 0; i < kSsimTaps; ++i) {
    const double distance = double(i - kSsimRadius) / kDeviation;
    sum += taps[std::size_t(i)] = std::exp(-0.5 * distance * distance);
  }
  for (double& tap : taps) tap /= sum;
  return taps;
}

// Windowed moments of one row: down the columns first, then along the row.
template <class T>
double row_sum(const T* a, const T* b, std::int64_t width,
               const std::array<double, kSsimTaps>& taps, std::vector<double>& scratch) {
  double* moments[kMoments];
  for (int m = 0; m < kMoments; ++m) moments[m] = scratch.data() + m * width;
  std::fill(scratch.begin(), scratch.end(), 0.0);
  for (std::int64_t left = 0; left < width; left += kStrip) {
    const std::int64_t right = std::min(width, left + kStrip);
    for (std::int64_t k = 0; k < kSsimTaps; ++k) {
      const double weight = taps[std::size_t(k)];
      const T* as = a + k * width;
      const T* bs = b + k * width;
      for (std::int64_t x = left; x < right; ++x) {
        const double p = as[x], q = bs[x], wp = weight * p, wq = weight * q;
        moments[0][x] += wp;
        moments[1][x] += wq;
        moments[2][x] += wp * p;
        moments[3][x] += wq * q;
        moments[4][x] += wp * q;
      }
    }
  }
  const auto along = [&](const double* row, std::int64_t x) {
    double sum = 0;
    for (std::int64_t k = 0; k < kSsimTaps; ++k) sum += taps[std::size_t(k)] * row[x + k];
    return sum;
  };
  double total = 0;
  for (std::int64_t x = 0; x + kSsimTaps <= width; ++x) {
    const double ma = along(moments[0], x), mb = along(moments[1], x);
    const double va = along(moments[2], x) - ma * ma, vb = along(moments[3], x) - mb * mb;
    const double cov = along(moments[4], x) - ma * mb;
    total += (2 * ma * mb + kC1) * (2 * cov + kC2) / ((ma * ma + mb * mb + kC1) * (va + vb + kC2));
  }
  return total;
}

template <class T>
double ssim_sum_of(const T* a, const T* b, std::int64_t height, std::int64_t width) {
  const std::array<double, kSsimTaps> taps = window();
  constexpr std::int64_t kRows = 16;  // a task: fixed, so that the sum does not depend on threads
  const std::int64_t rows = height - kSsimTaps + 1;
  return parallel_sum((rows + kRows - 1) / kRows, [&](std::int64_t task) {
    std::vector<double> scratch(static_cast<std::size_t>(kMoments * width));
    double total = 0;
    for (std::int64_t row = task * kRows; row < std::min(rows, (task + 1) * kRows); ++row)
      total += row_sum(a + row * width, b + row * width, width, taps, scratch);
    return total;
  });
}

}  // namespace

double ssim_sum(const float* a, const float* b, std::int64_t height, std::int64_t width) {
  return ssim_sum_of(a, b, height, width);
}
double ssim_sum(const double* a, const double* b, std::int64_t height, std::int64_t width) {
  return ssim_sum_of(a, b, height, width);
}

}  // namespace lvtino::kernels
