#include "operators/mask_operator.hpp"

#include "lvtino/core/error.hpp"
#include "operators/diagonal_factors.hpp"

namespace lvtino {
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
  return std::make_shared<DiagonalFactors>(GramFactors::Side::range, mask_, std::vector<double>{0, 1});
}

Tensor random_mask(const Shape& domain, const Placement& placement, double keep, bool each_frame,
                   const Rng& rng) {
  const Shape shape = {1, 1, each_frame ? domain.at(2) : 1, domain.at(3), domain.at(4)};
  return (rng.uniform(shape, {at::kDouble, at::kCPU}) < keep).to(placement.device, placement.dtype);
}

Tensor box_mask(const Shape& domain, const Placement& placement, const std::vector<HiddenBox>& boxes) {
  const Shape grid = {domain.at(2), domain.at(3), domain.at(4)};
  const Tensor seen = at::ones({1, 1, grid[0], grid[1], grid[2]}, at::kDouble);
  for (const HiddenBox& box : boxes) {
    const std::int64_t first[] = {box.first_frame, box.top, box.left};
    const std::int64_t count[] = {box.frames, box.height, box.width};
    Tensor hidden = seen;
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (first[axis] < 0 || count[axis] < 1 || first[axis] > grid[axis] - count[axis])
        throw ShapeError(text("a box at frame ", box.first_frame, ", row ", box.top, ", column ",
                              box.left, " of ", box.frames, " frames, ", box.height, " rows, ",
                              box.width, " columns does not lie in ", to_string(grid)));
      hidden = hidden.narrow(std::int64_t(axis) + 2, first[axis], count[axis]);
    }
    hidden.zero_();
  }
  return seen.to(placement.device, placement.dtype);
}

}  // namespace lvtino
