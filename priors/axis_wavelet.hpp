#pragma once

#include <cstdint>
#include <vector>

#include "lvtino/core/tensor.hpp"
#include "priors/wavelet_kernels.hpp"

namespace lvtino {

enum class WaveletKind { haar, daubechies4 };

/// A multi-level orthonormal wavelet transform of one axis of any length, at any shift against the
/// grid of its cells, without wrapping around.
///
/// Each level is a row of plane rotations of neighbours (the lattice of Vaidyanathan and Hoang,
/// IEEE Trans. ASSP 1988): none before the last stage for Haar, one by 30 degrees for the
/// four-tap filter of Daubechies, over pairs displaced by one. The last stage turns each pair so
/// that a constant leaves no detail, whatever weights the samples carry; inside this is the angle
/// of the filter, at the ends it is what a cut cell needs. A sample without partner passes to the
/// next level. So all levels are rotations, exactly orthonormal, and constants have no detail.
///
/// Level l = 1 .. levels puts its approximation first and its details behind it: after all levels
/// the axis holds the approximation, then details from coarse to fine.
class AxisWavelet {
 public:
  /// `shift` in [0, 2^levels) moves the cells to the left. Throws ShapeError if length < 1,
  /// levels < 0 or shift is out of range.
  AxisWavelet(WaveletKind kind, std::int64_t length, int levels, std::int64_t shift = 0);

  std::int64_t length() const { return length_; }
  int levels() const { return int(levels_.size()); }
  /// Samples that level l (0-based) takes; `extent(levels())` is that of the approximation.
  std::int64_t extent(int level) const { return extents_[std::size_t(level)]; }
  const kernels::WaveletLevel& level(int l) const { return levels_[std::size_t(l)]; }

  /// The whole transform as an orthonormal matrix [length, length], float64 on the CPU.
  Tensor matrix() const;

 private:
  std::int64_t length_;
  std::vector<std::int64_t> extents_;
  std::vector<kernels::WaveletLevel> levels_;
};

}  // namespace lvtino
