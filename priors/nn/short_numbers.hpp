#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

/// Numbers of 16 bits to float32 and back, to the nearest (even in a tie), and functions of float32
/// in the arithmetic that compilers turn into vectors. For *_kernels.cpp.
namespace lvtino::kernels {

struct BFloat16 {
  std::uint16_t bits;
};
struct Float16 {
  std::uint16_t bits;
};

inline float widened(float x) { return x; }
inline float widened(BFloat16 x) { return std::bit_cast<float>(std::uint32_t(x.bits) << 16); }
inline float widened(Float16 x) {
  const std::uint32_t sign = std::uint32_t(x.bits & 0x8000u) << 16, rest = x.bits & 0x7fffu;
  // The exponent counts from another number; the product is exact, subnormals included.
  const float number = std::bit_cast<float>(rest << 13) * 0x1p112f;
  const std::uint32_t bits =
      std::bit_cast<std::uint32_t>(number) | (rest >= 0x7c00u ? 0x7f800000u : 0u);
  return std::bit_cast<float>(bits | sign);
}

inline void narrow(float x, float& out) { out = x; }
inline void narrow(float x, BFloat16& out) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t nearest = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  const bool is_nan = (bits & 0x7fffffffu) > 0x7f800000u;
  out.bits = std::uint16_t(is_nan ? 0x7fc0u : nearest);
}
inline void narrow(float x, Float16& out) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x), sign = bits >> 16 & 0x8000u,
                      size = bits & 0x7fffffffu;
  // Below 2^-14: an addition rounds to multiples of 2^-24. Above: 13 bits go.
  const std::uint32_t low = std::bit_cast<std::uint32_t>(std::bit_cast<float>(size) + 0.5f) -
                            std::bit_cast<std::uint32_t>(0.5f);
  const std::uint32_t ordinary = (size - (112u << 23) + 0xfffu + (size >> 13 & 1u)) >> 13;
  const std::uint32_t special = size > 0x7f800000u ? 0x7e00u : 0x7c00u;
  const std::uint32_t rest = size >= (143u << 23) ? special : size < (113u << 23) ? low : ordinary;
  out.bits = std::uint16_t(sign | rest);
}

/// e^x to about 1e-7 relative, within the range of float32's ordinary numbers.
inline float exponential(float x) {
  const float inside = x < -87.f ? -87.f : x > 88.f ? 88.f : x;
  constexpr float kRound = 12582912.f;  // 1.5 2^23: adding it leaves an integer in the low bits
  const float shifted = inside * 1.44269504f + kRound, n = shifted - kRound;
  const float r = (inside - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.f;
  const std::uint32_t power =
      (std::bit_cast<std::uint32_t>(shifted) - std::bit_cast<std::uint32_t>(kRound) + 127u) << 23;
  return p * std::bit_cast<float>(power);
}

inline float silu(float x) { return x / (1.f + exponential(-x)); }

/// x (1 + erf(x / sqrt 2)) / 2; erf to 1.5e-7 (Abramowitz and Stegun, 7.1.26).
inline float gelu(float x) {
  const float z = std::fabs(x) * 0.70710678f, t = 1.f / (1.f + 0.3275911f * z);
  float p = 1.061405429f;
  p = p * t - 1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t - 0.284496736f;
  p = p * t + 0.254829592f;
  const float tail = 0.5f * p * t * exponential(-z * z);  // (1 - erf z) / 2
  return x * (x < 0 ? tail : 1.f - tail);
}

}  // namespace lvtino::kernels
