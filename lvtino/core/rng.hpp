#pragma once

#include <cstdint>
#include <string_view>

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// Counter-based random numbers: an immutable address (seed, stream), not a state.
///
/// Every number is a pure function of (seed, stream, element index), so a tensor has the same
/// content for any number of threads, any order of draws, any subset and on any device. Use one
/// fork a purpose: `rng.fork("clip/3").fork("step/2/video")`; drawing twice from the same address
/// gives the same numbers.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : seed_(seed) {}

  /// An independent stream. Equal labels give equal streams.
  Rng fork(std::string_view label) const;
  Rng fork(std::string_view label, std::int64_t index) const;

  /// Standard normal numbers (Box-Muller on 32-bit uniforms; |value| < 6.77). Elements
  /// [first, first + count of shape) of the stream; float32 numbers are the rounded float64 ones.
  /// Throws PlacementError unless the dtype is float32 or float64.
  Tensor normal(const Shape& shape, const Placement& placement, std::int64_t first = 0) const;

  /// Uniform numbers in (0, 1), otherwise as `normal`.
  Tensor uniform(const Shape& shape, const Placement& placement, std::int64_t first = 0) const;

  /// Uniform integer in [0, bound), bound >= 1 (bias below bound / 2^64), for element `index`.
  std::int64_t below(std::int64_t bound, std::int64_t index = 0) const;

 private:
  Rng(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}

  std::uint64_t seed_;
  std::uint64_t stream_ = 0;
};

}  // namespace lvtino
