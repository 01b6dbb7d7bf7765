#include "operators/band_kernels.hpp"

#include <algorithm>

namespace lvtino::kernels {
namespace {

// Systems that go together: two vectors hide each other's divisions.
constexpr std::int64_t kLanes = 16;

typedef double Lanes
    __attribute__((vector_size(kLanes * sizeof(double)), aligned(alignof(double)), may_alias));

Lanes& lanes_at(double* data) { return *reinterpret_cast<Lanes*>(data); }
const Lanes& lanes_at(const double* data) { return *reinterpret_cast<const Lanes*>(data); }

// L below the diagonal, row after row, and 1 / D, of sixteen matrices.
struct Factors {
  Factors(const SymmetricBand& band, double* workspace)
      : half(band.half_width), lower(workspace), inverse(workspace + band.size * half * kLanes) {}
  Lanes& l(std::int64_t row, std::int64_t column) const {
    return lanes_at(lower + (row * half + row - column - 1) * kLanes);
  }
  Lanes& d(std::int64_t row) const { return lanes_at(inverse + row * kLanes); }

  std::int64_t half;
  double *lower, *inverse;
};

// One row of L and D, and of z = D^-1 L^-1 z up to the division; `fixed` entries beside the
// diagonal, or `count` where that is 0.
template <std::int64_t fixed>
inline void factor_row(const SymmetricBand& g, const Factors& f, double shift, const Lanes& scale,
                       double* z, std::int64_t stride, std::int64_t w, std::int64_t count) {
  const std::int64_t n = fixed > 0 ? fixed : count, first = w - n;
  const double* const row = g.values + w * (g.half_width + 1);
  Lanes times_d[fixed > 0 ? fixed : kWidestBand];  // L D
  for (std::int64_t a = 0; a < n; ++a) {
    Lanes v = scale * row[n - a];
    for (std::int64_t b = 0; b < a; ++b) v -= times_d[b] * f.l(first + a, first + b);
    times_d[a] = v;
  }
  Lanes d = shift + scale * row[0], y = lanes_at(z + w * stride);
  for (std::int64_t a = 0; a < n; ++a) {
    const Lanes l = times_d[a] * f.d(first + a);
    d -= times_d[a] * l;
    y -= l * lanes_at(z + (first + a) * stride);
    f.l(w, first + a) = l;
  }
  f.d(w) = 1.0 / d;
  lanes_at(z + w * stride) = y;
}

template <std::int64_t fixed>
void forward(const SymmetricBand& g, const Factors& f, double shift, const Lanes& scale, double* z,
             std::int64_t stride) {
  const std::int64_t begun = std::min(g.size, g.half_width);
  for (std::int64_t w = 0; w < begun; ++w) factor_row<0>(g, f, shift, scale, z, stride, w, w);
  for (std::int64_t w = begun; w < g.size; ++w)
    factor_row<fixed>(g, f, shift, scale, z, stride, w, g.half_width);
}

void backward(const SymmetricBand& g, const Factors& f, double* z, std::int64_t stride) {
  for (std::int64_t w = g.size - 1; w >= 0; --w) {
    Lanes x = lanes_at(z + w * stride) * f.d(w);
    const std::int64_t last = std::min(g.size - 1, w + g.half_width);
    for (std::int64_t j = w + 1; j <= last; ++j) x -= f.l(j, w) * lanes_at(z + j * stride);
    lanes_at(z + w * stride) = x;
  }
}

void solve_lanes(const SymmetricBand& band, const Factors& f, double shift, const Lanes& scale,
                 double* z, std::int64_t stride) {
  switch (band.half_width) {  // the loops of narrow bands are unrolled
    case 1:
      forward<1>(band, f, shift, scale, z, stride);
      break;
    case 2:
      forward<2>(band, f, shift, scale, z, stride);
      break;
    case 3:
      forward<3>(band, f, shift, scale, z, stride);
      break;
    default:
      forward<0>(band, f, shift, scale, z, stride);
  }
  backward(band, f, z, stride);
}

}  // namespace

std::int64_t band_workspace(const SymmetricBand& band) {
  return band.size * (band.half_width + 2) * kLanes;  // factors, and a copy of too few systems
}

void solve_shifted_band(const SymmetricBand& band, double shift, const double* scales,
                        std::int64_t count, double* z, std::int64_t stride, double* workspace) {
  const Factors factors(band, workspace);
  std::int64_t l = 0;
  for (; l + kLanes <= count; l += kLanes)
    solve_lanes(band, factors, shift, lanes_at(scales + l), z + l, stride);
  const std::int64_t left = count - l;
  if (left == 0) return;
  Lanes scale{};  // what fills the lanes up is solved for nothing
  double* const copy = workspace + band.size * (band.half_width + 1) * kLanes;
  for (std::int64_t k = 0; k < left; ++k) scale[k] = scales[l + k];
  for (std::int64_t w = 0; w < band.size; ++w)
    for (std::int64_t k = 0; k < kLanes; ++k)
      copy[w * kLanes + k] = k < left ? z[w * stride + l + k] : 0;
  solve_lanes(band, factors, shift, scale, copy, kLanes);
  for (std::int64_t w = 0; w < band.size; ++w)
    for (std::int64_t k = 0; k < left; ++k) z[w * stride + l + k] = copy[w * kLanes + k];
}

}  // namespace lvtino::kernels
