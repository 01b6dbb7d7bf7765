#pragma once

#include <string>

#include "operators/linear_operator.hpp"

namespace lvtino {

/// Bayer mosaic: y[n, 0, t, i, j] = x[n, c(i, j), t, i, j], one colour a pixel, 3 channels to 1.
///
/// The pattern names the colours of rows 0 and 1, columns 0 and 1 in reading order ("RGGB": red at
/// (0, 0), green at (0, 1) and (1, 0), blue at (1, 1)) and repeats every two pixels. Every value of y
/// is one value of x, so that A A' = I and A^+ = A'.
class MosaicOperator final : public LinearOperator {
 public:
  /// `pattern` is RGGB, BGGR, GRBG or GBRG, channels of x are R, G, B. Throws ShapeError for another
  /// pattern or if the domain does not have three channels.
  MosaicOperator(const Shape& domain, const Placement& placement, const std::string& pattern);

  /// One where a colour is seen: [1, 3, 1, H, W]. Its expansion to the domain is the diagonal of A'A.
  const Tensor& mask() const { return mask_; }
  std::shared_ptr<const GramFactors> gram_factors() const override;

 private:
  Tensor do_apply(const Tensor& x) const override;
  Tensor do_adjoint(const Tensor& y) const override { return y * mask_; }

  Tensor mask_;
};

}  // namespace lvtino
