#pragma once

#include "operators/linear_operator.hpp"

namespace lvtino {

/// Convolution with periodic boundaries over (t, h, w), by the fast Fourier transform:
/// y[i] = sum_k kernel[k] x[i + c - k], c = floor((K-1)/2) on each axis, all axes circular.
/// A kernel longer than an axis wraps around and adds up. Phase, on each axis: y[i] of a symmetric
/// kernel is centred at x-position i (K odd) or i - 1/2 (K even).
class CircularConvolution final : public LinearOperator {
 public:
  /// `kernel` is [Kt, Kh, Kw] (any of them 1). Throws ShapeError otherwise.
  CircularConvolution(const Shape& domain, const Placement& placement, const Tensor& kernel);

  /// A'A = F^-1 |k^|^2 F.
  std::shared_ptr<const GramFactors> gram_factors() const override;

  /// |k^|^2 on the frequencies of the real transform [T, H, W/2 + 1].
  Tensor power() const;

 private:
  Tensor do_apply(const Tensor& x) const override;
  Tensor do_adjoint(const Tensor& y) const override;

  Tensor transfer_;  // real FFT of the centred, wrapped kernel
};

/// Factors of an A'A that is diagonal in the Fourier basis, with eigenvalues `power` >= 0.
std::shared_ptr<const GramFactors> fourier_factors(const Tensor& power);

}  // namespace lvtino
