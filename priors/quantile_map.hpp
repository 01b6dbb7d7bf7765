#pragma once

#include <vector>

#include "priors/heavy_tail.hpp"
#include "priors/quantile_map_kernels.hpp"

namespace lvtino {

/// The consistency function of one coefficient. In one dimension the probability flow keeps the
/// order of its points, hence also the share of the law below each of them: with
/// F the distribution function of W and F_t that of v = signal W + noise eps,
///
///   f(v) = F^-1(F_t(v)).
///
/// f is tabulated where F_t is not within 1e-250 of 0 or 1, |v| < 128 and |f| < 1e6: sixteen knots
/// an octave whose value, slope and curvature are exact to about 1e-11, quintic polynomials between
/// them (measured with signal^2 + noise^2 = 1: an error below 2e-6 (1 + |f|) for |v| < 4, where
/// all but 6e-5 of a normal law lies; below 1e-3 (1 + |f|) anywhere), a straight line through 0
/// below. Further
/// out f goes on as its leading asymptotic term: where the slope has already reached that of
/// v / signal, v / signal minus c v^(tail power); else a power of v with the last logarithmic
/// slope, until that meets v / signal. For the normal law both are exact.
class QuantileMap {
 public:
  /// signal >= 0, noise > 0.
  QuantileMap(const HeavyTail& law, double signal, double noise);

  /// f(v).
  double operator()(double v) const;
  /// x <- scale_out f(scale_in x), elementwise.
  void apply(float* x, std::int64_t count, double scale_in, double scale_out) const;
  void apply(double* x, std::int64_t count, double scale_in, double scale_out) const;

 private:
  kernels::OddPieces pieces() const;

  int low_ = 0, high_ = 0;
  double slope_ = 0;
  std::vector<double> coefficients_;
  std::vector<float> single_;
  kernels::FarTail far_{};
};

}  // namespace lvtino
