#include "operators/mosaic_operator.hpp"

#include "lvtino/core/error.hpp"
#include "operators/diagonal_factors.hpp"

namespace lvtino {
namespace {

Shape grey_of(const Shape& domain) {
  if (domain.size() != 5 || element_count(domain) < 1 || domain[1] != 3)
    throw ShapeError(text("a mosaic takes videos [N, 3, T, H, W], got ", to_string(domain)));
  return {domain[0], 1, domain[2], domain[3], domain[4]};
}

Tensor mask_of(const std::string& pattern, std::int64_t height, std::int64_t width) {
  if (pattern != "RGGB" && pattern != "BGGR" && pattern != "GRBG" && pattern != "GBRG")
    throw ShapeError(text("expected a pattern RGGB, BGGR, GRBG or GBRG, got ", pattern));
  const Tensor cell = at::zeros({1, 3, 1, 2, 2}, at::kDouble);
  for (std::int64_t k = 0; k < 4; ++k) {
    const auto colour = std::int64_t(std::string("RGB").find(pattern[std::size_t(k)]));
    cell.select(1, colour).select(2, k / 2).select(2, k % 2).fill_(1);
  }
  return cell.repeat({1, 1, 1, (height + 1) / 2, (width + 1) / 2})
      .narrow(3, 0, height)
      .narrow(4, 0, width)
      .contiguous();
}

}  // namespace

MosaicOperator::MosaicOperator(const Shape& domain, const Placement& placement,
                               const std::string& pattern)
    : LinearOperator("bayer", domain, grey_of(domain), placement),
      mask_(mask_of(pattern, domain[3], domain[4]).to(placement.device, placement.dtype)) {}

// Chosen, not summed up with zeros: what is not seen cannot spoil what is.
Tensor MosaicOperator::do_apply(const Tensor& x) const {
  const auto channel = [](const Tensor& t, std::int64_t c) { return t.narrow(1, c, 1); };
  const Tensor green_or_blue =
      at::where(channel(mask_, 1) != 0, channel(x, 1), channel(x, 2));
  return at::where(channel(mask_, 0) != 0, channel(x, 0), green_or_blue).contiguous();
}

std::shared_ptr<const GramFactors> MosaicOperator::gram_factors() const {
  return std::make_shared<DiagonalFactors>(
      GramFactors::Side::range, at::ones({1, 1, 1, 1, 1}, placement().options()), std::vector<double>{1});
}

}  // namespace lvtino
