#include "lvtino/core/rng_kernels.hpp"

#include <algorithm>
#include <cmath>

#include "lvtino/core/box_muller.hpp"
#include "lvtino/core/parallel.hpp"
#include "lvtino/core/philox.hpp"

namespace lvtino::kernels {
namespace {

constexpr std::int64_t kBlocks = 256;  // Philox blocks (four numbers each) a batch: stays in cache

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

// Numbers 4b .. 4b+3 come from the four words of block b: two Box-Muller pairs.
void normals_of(const Words& words, std::int64_t blocks, double (*out)[kBlocks]) {
  for (int pair = 0; pair < 4; pair += 2) {
    for (std::int64_t b = 0; b < blocks; ++b) {
      const double radius = std::sqrt(squared_radius_of(words.lane[pair][b]));
      normal_pair(radius, words.lane[pair + 1][b], &out[pair][b], &out[pair + 1][b]);
    }
  }
}

void uniforms_of(const Words& words, std::int64_t blocks, double (*out)[kBlocks]) {
  for (int k = 0; k < 4; ++k)
    for (std::int64_t b = 0; b < blocks; ++b) out[k][b] = unit_of(words.lane[k][b]);
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
