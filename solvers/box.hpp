#pragma once

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// The constraint low <= x <= high on every voxel, an explicit part of a problem: nothing else clamps.
struct Box {
  double low = 0, high = 1;

  /// Throws NumericalError unless low < high are finite.
  void require_valid() const;
  /// The nearest point of the box, into `out`.
  void project(const Tensor& x, Tensor& out) const;
  bool contains(const Tensor& x) const;

  /// r <- r + relaxation (p - r), p the prox of step S at r + step (x + theta (x - previous)), S(r) = sum
  /// max(low r, high r) the support function of the box (Moreau: v - step clip(v / step)).
  void dual_step(const Tensor& x, const Tensor& previous, double theta, double step, double relaxation,
                 Tensor& r) const;

  /// With d = k + r on entry in two tensors, leaves w = u - gamma d in `k` and returns
  /// <d, u> - gamma/2 |d|^2 - S(r), summed in float64.
  double shift(const Tensor& u, const Tensor& r, double gamma, Tensor& k) const;
};

}  // namespace lvtino
