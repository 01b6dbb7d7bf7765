#include "lvtino/device/comparison.hpp"

#include <cmath>
#include <limits>

#include "lvtino/core/error.hpp"
#include "validation/law_bounds.hpp"

namespace lvtino::device {
namespace {

const char* name_of(at::ScalarType dtype) {
  return dtype == at::kDouble     ? "float64"
         : dtype == at::kBFloat16 ? "bfloat16"
         : dtype == at::kHalf     ? "float16"
                                  : "float32";
}

}  // namespace

Comparison::Comparison(std::string kernel, at::ScalarType dtype)
    : kernel_(std::move(kernel) + " " + name_of(dtype)),
      bound_(LawBounds::of(dtype).agreement + LawBounds::rounding(dtype)) {}

void Comparison::add(const Tensor& device, const Tensor& host, const std::string& shape) {
  if (host.numel() == 0) return note(0, shape);
  const double largest = host.abs().max().item<double>();
  const double difference = (device - host).abs().max().item<double>();
  note(largest > 0 ? difference / largest : difference, shape);
}

void Comparison::add(double device, double host, const std::string& shape) {
  note(std::abs(device - host) / std::max(std::abs(host), 1e-300), shape);
}

void Comparison::note(double difference, const std::string& shape) {
  ++arrays_;
  if (!std::isfinite(difference)) difference = std::numeric_limits<double>::infinity();
  if (difference > worst_ || witness_.empty()) worst_ = difference, witness_ = shape;
}

LawReport Comparison::report() const {
  return {.subject = kernel_,
          .law = "equals the CPU",
          .residual = worst_,
          .bound = bound_,
          .passed = arrays_ > 0 && worst_ <= bound_,
          .witness = text(arrays_, " arrays, worst at ", witness_)};
}

std::int64_t Extents::next(std::int64_t most) {
  const std::int64_t kind = below(4);
  if (kind == 0) return std::min(most, 1 + below(3));
  if (kind == 1) return 1 + below(most);
  std::int64_t power = 1;
  for (std::int64_t k = 1 + below(9); k > 0 && 2 * power <= most; --k) power *= 2;
  return std::min(most, std::max<std::int64_t>(1, power + below(3) - 1));
}

Tensor Extents::normal(const Shape& shape, at::ScalarType dtype) {
  return rng_.fork("numbers", index_++).normal(shape, {dtype, at::kCPU});
}

}  // namespace lvtino::device
