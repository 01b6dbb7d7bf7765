#include "lvtino/core/rng_kernels.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "lvtino/core/parallel.hpp"
#include "lvtino/core/philox.hpp"

namespace lvtino::kernels {
namespace {

constexpr std::int64_t kBlocks = 256;  // Philox blocks (four numbers each) a batch: stays in cache

// ln(x) for x in (0, 1]: x = m 2^e with m in [sqrt(.5), sqrt(2)), ln m = 2 atanh((m-1)/(m+1)).
// Written out, without a library call, so that it vectorises and gives the same bits everywhere.
inline double natural_log(double x) {
  const std::uint64_t bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t shifted = bits - 0x3FE6A09E667F3BCDull;  // bits of sqrt(.5)
  const double exponent = double(std::int32_t(std::int64_t(shifted) >> 52));
  const double m =
      std::bit_cast<double>((shifted & 0x000FFFFFFFFFFFFFull) + 0x3FE6A09E667F3BCDull);
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

// sin and cos of (pi / 2) f for f in [-.5, .5], by their Taylor series (error below 1e-16).
inline void quarter_sincos(double f, double* sine, double* cosine) {
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

struct Words {
  std::uint32_t lane[4][kBlocks];
};

void draw(Words& words, std::int64_t first_block, std::int64_t blocks, std::uint64_t seed,
          std::uint64_t stream) {
  for (std::int64_t b = 0; b < blocks; ++b) {
    const auto index = std::uint64_t(first_block + b);
    const auto out = philox4x32({std::uint32_t(index), std::uint32_t(index >> 32),
                                 std::uint32_t(stream), std::uint32_t(stream >> 32)},
                                {std::uint32_t(seed), std::uint32_t(seed >> 32)});
    for (int k = 0; k < 4; ++k) words.lane[k][b] = out[std::size_t(k)];
  }
}

inline double unit(std::uint32_t word) { return (double(word) + 0.5) * 0x1p-32; }

// Numbers 4b .. 4b+3 come from the four words of block b: two Box-Muller pairs.
void normals_of(const Words& words, std::int64_t blocks, double (*out)[kBlocks]) {
  for (int pair = 0; pair < 4; pair += 2) {
    for (std::int64_t b = 0; b < blocks; ++b) {
      const double radius = std::sqrt(-2 * natural_log(unit(words.lane[pair][b])));
      const double turn = 4 * unit(words.lane[pair + 1][b]);  // in quarters of a turn
      const std::int32_t quarter = std::int32_t(turn + 0.5);
      double s, c;
      quarter_sincos(turn - double(quarter), &s, &c);
      const double cosine = quarter & 1 ? -s : c, sine = quarter & 1 ? c : s;
      const double sign = quarter & 2 ? -radius : radius;
      out[pair][b] = sign * cosine;
      out[pair + 1][b] = sign * sine;
    }
  }
}

void uniforms_of(const Words& words, std::int64_t blocks, double (*out)[kBlocks]) {
  for (int k = 0; k < 4; ++k)
    for (std::int64_t b = 0; b < blocks; ++b) out[k][b] = unit(words.lane[k][b]);
}

template <class T, class Transform>
void fill(T* out, std::int64_t first, std::int64_t count, std::uint64_t seed, std::uint64_t stream,
          const Transform& transform) {
  if (count == 0) return;
  const std::int64_t begin_block = first / 4, end_block = (first + count + 3) / 4;
  const std::int64_t batches = (end_block - begin_block + kBlocks - 1) / kBlocks;
  parallel_for(batches, 16, [&](std::int64_t begin, std::int64_t end) {
    Words words;
    double numbers[4][kBlocks];
    for (std::int64_t batch = begin; batch < end; ++batch) {
      const std::int64_t block = begin_block + batch * kBlocks;
      const std::int64_t blocks = std::min(kBlocks, end_block - block);
      draw(words, block, blocks, seed, stream);
      transform(words, blocks, numbers);
      const std::int64_t low = std::max(first, 4 * block);
      const std::int64_t high = std::min(first + count, 4 * (block + blocks));
      for (std::int64_t i = low; i < high; ++i)
        out[i - first] = T(numbers[i & 3][(i >> 2) - block]);
    }
  });
}

}  // namespace

void fill_normal(double* out, std::int64_t first, std::int64_t count, std::uint64_t seed,
                 std::uint64_t stream) {
  fill(out, first, count, seed, stream, normals_of);
}
void fill_normal(float* out, std::int64_t first, std::int64_t count, std::uint64_t seed,
                 std::uint64_t stream) {
  fill(out, first, count, seed, stream, normals_of);
}
void fill_uniform(double* out, std::int64_t first, std::int64_t count, std::uint64_t seed,
                  std::uint64_t stream) {
  fill(out, first, count, seed, stream, uniforms_of);
}
void fill_uniform(float* out, std::int64_t first, std::int64_t count, std::uint64_t seed,
                  std::uint64_t stream) {
  fill(out, first, count, seed, stream, uniforms_of);
}

}  // namespace lvtino::kernels
