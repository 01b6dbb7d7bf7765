#include "lvtino/device/drawn_operator.hpp"

namespace lvtino::device {

std::shared_ptr<const SeparableOperator> drawn_restorable(Extents& draw, at::ScalarType dtype) {
  const Shape domain{1 + draw.below(2), 1 + draw.below(3), draw.next(9), 8 + draw.next(64),
                     8 + draw.next(120)};
  const std::int64_t factor = 2 + draw.below(3);
  const Filter filter = draw.below(2) == 0 ? Filter::bicubic : Filter::area;
  AxisMap time = draw.below(2) == 0 ? average(domain[2], 2, Tail::replicate)
                                    : blur(domain[2], {0.25, 0.5, 0.25}, Boundary::circular);
  return std::make_shared<SeparableOperator>(
      "restorable", domain, Placement{dtype, at::kCPU}, std::move(time),
      decimate(domain[3], factor, filter, Boundary::reflect),
      decimate(domain[4], factor, filter, Boundary::replicate));
}

}  // namespace lvtino::device
