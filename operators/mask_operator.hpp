#pragma once

#include "lvtino/core/rng.hpp"
#include "operators/linear_operator.hpp"

namespace lvtino {

/// Inpainting: y = m x elementwise, m in {0, 1}; A is an orthogonal projection (A A' = A' A = A).
/// The range has the shape of the domain; masked pixels read 0.
class MaskOperator final : public LinearOperator {
 public:
  /// `mask` broadcasts to the domain. Throws ShapeError if it does not, or if an entry is neither
  /// 0 nor 1.
  MaskOperator(const Shape& domain, const Placement& placement, const Tensor& mask);

  const Tensor& mask() const { return mask_; }
  std::shared_ptr<const GramFactors> gram_factors() const override;

 private:
  Tensor do_apply(const Tensor& x) const override { return x * mask_; }
  Tensor do_adjoint(const Tensor& y) const override { return y * mask_; }

  Tensor mask_;
};

/// Keeps each pixel (all channels of it) with probability `keep`; a new draw each frame, or one for
/// all frames. Shape [1, 1, T or 1, H, W].
Tensor random_mask(const Shape& domain, const Placement& placement, double keep, bool each_frame,
                   const Rng& rng);

/// A part of the video that is not seen: `frames` from `first_frame` on, `height` rows from `top` on,
/// `width` columns from `left` on.
struct HiddenBox {
  std::int64_t first_frame, frames, top, height, left, width;
};

/// Zero inside the boxes (which may overlap), one elsewhere: [1, 1, T, H, W].
/// Throws ShapeError for a box that is empty or does not lie in the video.
Tensor box_mask(const Shape& domain, const Placement& placement, const std::vector<HiddenBox>& boxes);

}  // namespace lvtino
