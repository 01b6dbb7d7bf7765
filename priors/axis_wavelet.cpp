#include "priors/axis_wavelet.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

using kernels::Rotations;
using kernels::WaveletLevel;

Rotations fixed_stage(std::int64_t first, double angle, std::vector<double>& weights) {
  Rotations stage{.first = first};
  const double c = std::cos(angle), s = std::sin(angle);
  for (std::size_t i = std::size_t(first); i + 1 < weights.size(); i += 2) {
    stage.cosine.push_back(c), stage.sine.push_back(s);
    const double a = weights[i], b = weights[i + 1];
    weights[i] = c * a + s * b, weights[i + 1] = c * b - s * a;
  }
  return stage;
}

// Turns every pair of weights into (root of their squares, 0), and leaves those of the
// approximation.
Rotations last_stage(std::int64_t first, std::vector<double>& weights) {
  Rotations stage{.first = first};
  std::vector<double> coarse(
      weights.begin(), weights.begin() + std::min<std::ptrdiff_t>(first, std::ssize(weights)));
  std::size_t i = std::size_t(first);
  for (; i + 1 < weights.size(); i += 2) {
    const double norm = std::hypot(weights[i], weights[i + 1]);
    const bool constant = norm > 0;
    stage.cosine.push_back(constant ? weights[i] / norm : std::sqrt(0.5));
    stage.sine.push_back(constant ? weights[i + 1] / norm : std::sqrt(0.5));
    coarse.push_back(norm);
  }
  if (i < weights.size()) coarse.push_back(weights[i]);
  weights = std::move(coarse);
  return stage;
}

}  // namespace

AxisWavelet::AxisWavelet(WaveletKind kind, std::int64_t length, int levels, std::int64_t shift)
    : length_(length) {
  if (length < 1 || levels < 0 || levels > 30 || shift < 0 || shift >= std::int64_t(1) << levels)
    throw ShapeError(
        text("AxisWavelet: expected length >= 1, 0 to 30 levels and a shift below 2^levels, got ",
             length, ", ", levels, " and ", shift));
  std::vector<double> weights(std::size_t(length), 1.0);  // the coefficients of the constant 1
  for (int l = 0; l < levels; ++l) {
    const std::int64_t parity = (shift >> l) & 1;
    extents_.push_back(std::ssize(weights));
    WaveletLevel level{.extent = std::ssize(weights)};
    // A level without pairs changes nothing.
    if (kind == WaveletKind::daubechies4 && level.extent > parity + 1)
      level.stages.push_back(fixed_stage(1 - parity, M_PI / 6, weights));
    level.stages.push_back(last_stage(parity, weights));
    level.details = std::ssize(level.stages.back().cosine);
    levels_.push_back(std::move(level));
  }
  extents_.push_back(std::ssize(weights));
}

Tensor AxisWavelet::matrix() const {
  const Tensor m = at::eye(length_, at::kDouble);
  std::vector<double> scratch(std::size_t(length_ * length_));
  for (const WaveletLevel& level : levels_)
    kernels::analyse_columns(m.mutable_data_ptr<double>(), length_, length_, level, scratch.data());
  return m;
}

}  // namespace lvtino
