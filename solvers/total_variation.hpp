#pragma once

#include "lvtino/core/tensor.hpp"
#include "solvers/tv_kernels.hpp"

namespace lvtino {

/// Weighted 3-D total variation of videos [N, C, T, H, W], forward differences, zero at the last
/// sample of an axis:
///   isotropic    phi(x) = sum over voxels of sqrt((lh Dh x)^2 + (lv Dv x)^2 + (lt Dt x)^2)
///   anisotropic  phi(x) = sum over voxels of |lh Dh x| + |lv Dv x| + |lt Dt x|
/// (arXiv 2510.01339, the prior p_phi). Channels are independent. CPU, float32 or float64.
class TotalVariation {
 public:
  enum class Kind { isotropic, anisotropic };

  /// Throws NumericalError unless the weights are finite and >= 0.
  TotalVariation(double horizontal, double vertical, double temporal, Kind kind = Kind::isotropic);

  const kernels::TvWeights& weights() const { return weights_; }
  bool is_zero() const { return weights_.h == 0 && weights_.v == 0 && weights_.t == 0; }

  /// phi(x), summed in float64.
  double value(const Tensor& x) const;

  /// Upper bound of |K|^2 on a grid, exact for the isotropic sum of axes:
  /// sum of l^2 (2 + 2 cos(pi / n)) over the axes of n > 1 samples.
  double squared_norm(const Shape& shape) const;

 private:
  kernels::TvWeights weights_;
};

/// The dual field q of total variation, |q| <= 1 a voxel: one video for each axis of non-zero weight.
/// Beside it, where x is constrained to a box, the multiplier of that.
struct TvDual {
  Tensor h, v, t;
  Tensor box = {};

  /// Zeros for the axes that `tv` weighs.
  static TvDual zeros(const TotalVariation& tv, const Tensor& like, bool boxed = false);
  /// The same arrays, whatever they hold.
  static TvDual unset(const TotalVariation& tv, const Tensor& like, bool boxed = false);
  bool fits(const TotalVariation& tv, const Tensor& like, bool boxed = false) const;
  TvDual clone() const;
};

kernels::TvShape tv_shape(const Tensor& x);

template <class T>
kernels::TvFields<T> tv_fields(const TvDual& q) {
  const auto data = [](const Tensor& f) { return f.defined() ? f.mutable_data_ptr<T>() : nullptr; };
  return {data(q.h), data(q.v), data(q.t)};
}

}  // namespace lvtino
