#pragma once

#include <cstdint>

/// Operations of the published networks that one pass over memory does, on plain pointers: what the
/// CPU's kernels (here) and the device's (lvtino/device/fused_steps.hpp) are told. Numbers are read
/// in the type of the network, computed in float32, rounded once when they are written. Every
/// result is computed by one thread in one order: the same bits for any number of threads.
namespace lvtino::kernels {

enum class Number { float32, bfloat16, float16 };

/// out = LN(x) (1 + scale) + shift, LN over `width` numbers in a row. `rows_each` rows share a
/// shift and a scale, which are `stride` numbers apart (0: all rows share one). `out` may be x.
struct ModulatedNorm {
  Number number;
  const void *x, *shift, *scale;
  void* out;
  std::int64_t rows, width, rows_each, stride;
  float epsilon;
};

/// out = activation(turn(x / r * weight)) with r a norm of a row of `width` numbers:
/// sqrt(mean(x^2) + epsilon), or max(|x|, epsilon) / sqrt(width) if `euclidean`. `turns`, if not
/// null: pairs of neighbours are turned as complex numbers times turns[row % tokens] (tokens x
/// head / 2 complex float32, repeated for each `head` numbers of a row). `out` may be x.
struct RmsNormed {
  Number number;
  const void *x, *weight;
  const float* turns;
  void* out;
  std::int64_t rows, width, tokens, head;
  float epsilon;
  bool euclidean, silu;
};

/// y = x + gate y, gates as in ModulatedNorm.
struct GatedSum {
  Number number;
  const void *x, *gate;
  void* y;
  std::int64_t rows, width, rows_each, stride;
};

/// out = a gelu(b), gelu(b) = b (1 + erf(b / sqrt 2)) / 2, for rows (a, b) of 2 `width` numbers.
struct Geglu {
  Number number;
  const void* wide;
  void* out;
  std::int64_t rows, width;
};

/// Group normalisation (Wu and He 2018) of images, times weight plus bias of the channel, then
/// SiLU if asked for. An image is `pixels` rows of `channels` numbers if channels_last, else the
/// other way round. `out` may not be x.
struct GroupNormed {
  Number number;
  const void *x, *weight, *bias;
  void* out;
  std::int64_t images, channels, pixels, groups;
  float epsilon;
  bool channels_last, silu;
  float* scratch = nullptr;  ///< on a device: group_norm_scratch(*this) numbers
};

/// What a block of the device sums at a time: numbers of a group, or pixels.
constexpr std::int64_t kNumbersAPiece = 1 << 14, kPixelsAPiece = 64;
inline std::int64_t group_norm_pieces(const GroupNormed& s) {
  const std::int64_t length = s.channels_last ? s.pixels : s.channels / s.groups * s.pixels,
                     piece = s.channels_last ? kPixelsAPiece : kNumbersAPiece;
  return (length + piece - 1) / piece;
}
inline std::int64_t group_norm_scratch(const GroupNormed& s) {
  return 2 * s.images * (s.groups * group_norm_pieces(s) + s.channels);
}

void run(const ModulatedNorm& step);
void run(const RmsNormed& step);
void run(const GatedSum& step);
void run(const Geglu& step);
void run(const GroupNormed& step);

}  // namespace lvtino::kernels
