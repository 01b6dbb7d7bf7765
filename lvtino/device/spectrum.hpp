#pragma once

#include <array>

#include "lvtino/device/runtime.hpp"

/// Products with small dense matrices along axes and functions of eigenvalues, in float64: the
/// exact data prox between its two separable products.
namespace lvtino::device {

/// z = y - a in float64.
template <class T>
void widened_difference(const Stream& stream, const T* y, const T* a, std::int64_t count,
                        double* z);

template <class T>
void narrowed(const Stream& stream, const double* z, std::int64_t count, T* out);

/// out[o, i, c] = sum_j M[i, j] in[o, j, c] for [outer, n, inner], M [n, n] or its transpose.
void square_product(const Stream& stream, const double* m, std::int64_t n, bool transposed,
                    const double* in, std::int64_t outer, std::int64_t inner, double* out);

/// Eigenvalues d = c (x) t (x) h (x) w: `values` holds the four lists one after the other.
struct Spectrum {
  std::array<std::int64_t, 4> extents;  ///< c, t, h, w
  const double* values;
};

/// z /= shift + gamma d on [batch, c, t, h, w].
void divide_by_spectrum(const Stream& stream, const Spectrum& spectrum, std::int64_t batch,
                        double shift, double gamma, double* z);

/// *sum = sum of z^2 / (shift + gamma d). `partial` holds kMostPartials numbers (sums.hpp).
void spectral_energy(const Stream& stream, const Spectrum& spectrum, std::int64_t batch,
                     double shift, double gamma, const double* z, double* partial, double* sum);

}  // namespace lvtino::device
