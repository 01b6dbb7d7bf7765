#pragma once

#include <cstdint>

namespace lvtino::kernels {

constexpr std::int64_t kWidestBand = 16;

/// A symmetric matrix [size, size] without entries further than `half_width` from the diagonal:
/// entry (w, w - k) at values[w * (half_width + 1) + k], 0 <= k <= min(half_width, w); half_width
/// <= kWidestBand.
struct SymmetricBand {
  std::int64_t size, half_width;
  const double* values;
};

/// Doubles that solve_shifted_band wants to work in.
std::int64_t band_workspace(const SymmetricBand& band);

/// Solves (shift I + scales[l] G) x_l = z_l for every l < count, in place by L D L' without
/// pivoting: G positive semidefinite, shift > 0, scales >= 0. Sample w of system l is z[w * stride
/// + l].
void solve_shifted_band(const SymmetricBand& band, double shift, const double* scales,
                        std::int64_t count, double* z, std::int64_t stride, double* workspace);

}  // namespace lvtino::kernels
