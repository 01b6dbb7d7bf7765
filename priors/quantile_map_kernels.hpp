#pragma once

#include <cstdint>

namespace lvtino::kernels {

/// An odd function by pieces on v >= 0: every octave between 2^low and 2^high is cut into
/// kPieces equal intervals with six coefficients each, of powers of the place in the interval
/// (0 .. 1). Below it is `slope` v; above it is given by the caller.
struct OddPieces {
  static constexpr int kPieces = 16, kCoefficients = 6;
  const double* coefficients;
  const float* single;  ///< the same, rounded
  int low, high;
  double slope;
};

/// What lies beyond the table: with x = v / last, the smaller of value x^growth and
/// limit v - shift x^power.
struct FarTail {
  double last, value, growth, limit, shift, power;
};

/// x[i] = scale_out f(scale_in x[i]).
void apply_odd(float* x, std::int64_t count, float scale_in, float scale_out,
               const OddPieces& pieces, const FarTail& far);
void apply_odd(double* x, std::int64_t count, double scale_in, double scale_out,
               const OddPieces& pieces, const FarTail& far);

}  // namespace lvtino::kernels
