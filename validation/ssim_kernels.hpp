#pragma once

#include <cstdint>

namespace lvtino::kernels {

/// Window of the SSIM index: Gaussian of deviation 1.5, cut at 3.5 deviations (radius 5).
constexpr std::int64_t kSsimRadius = 5, kSsimTaps = 2 * kSsimRadius + 1;

/// Sum of the SSIM index of two planes over the pixels whose window lies inside; all sums in
/// float64. height, width >= kSsimTaps.
double ssim_sum(const float* a, const float* b, std::int64_t height, std::int64_t width);
double ssim_sum(const double* a, const double* b, std::int64_t height, std::int64_t width);

}  // namespace lvtino::kernels
