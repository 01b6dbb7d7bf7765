#include "operators/mask_operator.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

class DiagonalFactors final : public GramFactors {
 public:
  explicit DiagonalFactors(const Tensor& diagonal)
      : GramFactors(Side::range, diagonal.min().item<double>(), diagonal.max().item<double>()),
        diagonal_(diagonal) {}

  Tensor spectral(const std::function<double(double)>& f, const Tensor& r) const override {
    // The diagonal holds zeros and ones only. Chosen, not blended: f(0) may dwarf f(1).
    return at::where(diagonal_ != 0, r * f(1), r * f(0));
  }

 private:
  Tensor diagonal_;
};

}  // namespace

MaskOperator::MaskOperator(const Shape& domain, const Placement& placement, const Tensor& mask)
    : LinearOperator("mask", domain, domain, placement) {
  try {
    mask_ = mask.to(placement.device, placement.dtype).expand(domain).contiguous();
  } catch (const c10::Error&) {
    throw ShapeError(text("a mask ", describe(mask), " does not broadcast to ", to_string(domain)));
  }
  if (!at::logical_or(mask_ == 0, mask_ == 1).all().item<bool>())
    throw ShapeError("a mask holds zeros and ones only");
}

std::shared_ptr<const GramFactors> MaskOperator::gram_factors() const {
  return std::make_shared<DiagonalFactors>(mask_);
}

Tensor random_mask(const Shape& domain, const Placement& placement, double keep, bool each_frame,
                   const Rng& rng) {
  const Shape shape = {1, 1, each_frame ? domain.at(2) : 1, domain.at(3), domain.at(4)};
  return (rng.uniform(shape, {at::kDouble, at::kCPU}) < keep).to(placement.device, placement.dtype);
}

}  // namespace lvtino
