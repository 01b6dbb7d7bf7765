#pragma once

#include <bit>
#include <cstdint>

/// Normal and uniform numbers of random words, written out without library calls but the square
/// root, so that they vectorise, also run on a device, and agree everywhere up to the fusing of
/// products.
namespace lvtino {

/// Middle of the word's interval in (0, 1).
constexpr double unit_of(std::uint32_t word) { return (double(word) + 0.5) * 0x1p-32; }

/// ln(x) for x in (0, 1]: x = m 2^e with m in [sqrt(.5), sqrt(2)), ln m = 2 atanh((m-1)/(m+1)).
constexpr double natural_log(double x) {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t shifted = bits - 0x3FE6A09E667F3BCDull;  // bits of sqrt(.5)
  const double exponent = double(std::int32_t(std::int64_t(shifted) >> 52));
  const double m = std::bit_cast<double>((shifted & 0x000FFFFFFFFFFFFFull) + 0x3FE6A09E667F3BCDull);
  const double s = (m - 1) / (m + 1), z = s * s;
  double p = 1.0 / 21;
  p = p * z + 1.0 / 19;
  p = p * z + 1.0 / 17;
  p = p * z + 1.0 / 15;
  p = p * z + 1.0 / 13;
  p = p * z + 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 1.0 / 5;
  p = p * z + 1.0 / 3;
  p = p * z + 1.0;
  return exponent * 0.69314718055994530942 + 2 * s * p;
}

/// sin and cos of (pi / 2) f for f in [-.5, .5], by their Taylor series (error below 1e-16).
constexpr void quarter_sincos(double f, double* sine, double* cosine) {
  const double x = f * 1.57079632679489661923, z = x * x;
  double s = -1.0 / 1307674368000.0;
  s = s * z + 1.0 / 6227020800.0;
  s = s * z - 1.0 / 39916800.0;
  s = s * z + 1.0 / 362880.0;
  s = s * z - 1.0 / 5040.0;
  s = s * z + 1.0 / 120.0;
  s = s * z - 1.0 / 6.0;
  *sine = x + x * z * s;
  double c = 1.0 / 20922789888000.0;
  c = c * z - 1.0 / 87178291200.0;
  c = c * z + 1.0 / 479001600.0;
  c = c * z - 1.0 / 3628800.0;
  c = c * z + 1.0 / 40320.0;
  c = c * z - 1.0 / 720.0;
  c = c * z + 1.0 / 24.0;
  c = c * z - 1.0 / 2.0;
  *cosine = 1 + z * c;
}

/// -2 ln of the first word's number: the squared radius of a Box-Muller pair.
constexpr double squared_radius_of(std::uint32_t word) { return -2 * natural_log(unit_of(word)); }

/// The pair of radius `radius` whose angle is the second word's.
constexpr void normal_pair(double radius, std::uint32_t word, double* first, double* second) {
  const double turn = 4 * unit_of(word);  // in quarters of a turn
  const std::int32_t quarter = std::int32_t(turn + 0.5);
  double s = 0, c = 0;
  quarter_sincos(turn - double(quarter), &s, &c);
  const double cosine = quarter & 1 ? -s : c, sine = quarter & 1 ? c : s;
  const double sign = quarter & 2 ? -radius : radius;
  *first = sign * cosine;
  *second = sign * sine;
}

}  // namespace lvtino
