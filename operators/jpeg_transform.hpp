#pragma once

#include "operators/jpeg_layout.hpp"
#include "operators/linear_operator.hpp"

namespace lvtino {

/// The linear part J of JPEG, frame by frame: colours to components, averages over the pixels of a
/// subsampled sample, orthonormal 8 x 8 DCT. A JPEG file stores round((255 J x - 8 shift e_DC) / Q).
///
/// Maps [N, 3, T, H, W] to [N, 1, T, 1, layout.values] in pixel units. The colour matrix is not
/// orthonormal and padding repeats pixels, so J J' is no multiple of the identity.
class JpegTransform final : public LinearOperator {
 public:
  /// Throws ShapeError unless the domain is [N, 3, T, H, W] with the layout's H, W; PlacementError
  /// unless float32 or float64 on the CPU.
  JpegTransform(const Shape& domain, const Placement& placement, JpegLayout layout);

  const JpegLayout& layout() const { return layout_; }

  /// v + B c, B the decoder's linear part: inverse DCT, samples repeated, inverse colour matrix.
  /// B = J^-1 where the layout is invertible; J B = 1 wherever no pixel is padded.
  Tensor decode_add(const Tensor& v, const Tensor& c) const;

  /// |J'e_i|^2 of every row i inside the picture's complete blocks, [1, 1, 1, 1, values].
  Tensor row_norms_squared() const;

 private:
  Tensor do_apply(const Tensor& x) const override;
  Tensor do_adjoint(const Tensor& y) const override;
  Tensor synthesised(const Tensor& v, const Tensor& c, bool decoding) const;

  JpegLayout layout_;
};

}  // namespace lvtino
