#include "lvtino/core/tensor.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"
#include "lvtino/core/reduction_kernels.hpp"
#include "lvtino/core/sha256.hpp"

namespace lvtino {
namespace {

std::string dtype_name(at::ScalarType type) {
  switch (type) {
    case at::kFloat: return "float32";
    case at::kDouble: return "float64";
    case at::kHalf: return "float16";
    case at::kBFloat16: return "bfloat16";
    default: return c10::toString(type);
  }
}

void require_same(const Tensor& a, const Tensor& b, const char* what) {
  require(b, shape_of(a), placement_of(a), what);
  if (!a.is_contiguous()) throw ShapeError(text(what, ": the first operand is not contiguous"));
}

// Kernels for contiguous CPU floats; anything else goes through float64 torch expressions.
bool has_kernel(const Tensor& a) {
  return a.device().is_cpu() && (a.scalar_type() == at::kFloat || a.scalar_type() == at::kDouble);
}

}  // namespace

std::int64_t element_count(const Shape& shape) {
  std::int64_t count = 1;
  for (std::int64_t extent : shape) {
    if (extent < 0) throw ShapeError(text("negative extent in shape ", to_string(shape)));
    if (__builtin_mul_overflow(count, extent, &count) || count > (std::int64_t(1) << 62))
      throw ShapeError(text("shape ", to_string(shape), " has too many elements"));
  }
  return count;
}

std::string to_string(const Shape& shape) {
  std::string out = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) out += (i ? ", " : "") + std::to_string(shape[i]);
  return out + "]";
}

std::string to_string(const Placement& placement) {
  return dtype_name(placement.dtype) + " " + placement.device.str();
}

std::string describe(const Tensor& tensor) {
  if (!tensor.defined()) return "undefined tensor";
  return to_string(shape_of(tensor)) + " " + to_string(placement_of(tensor));
}

Shape shape_of(const Tensor& tensor) { return tensor.sizes().vec(); }

Placement placement_of(const Tensor& tensor) { return {tensor.scalar_type(), tensor.device()}; }

void require(const Tensor& tensor, const Shape& shape, const Placement& placement,
             const std::string& what) {
  if (!tensor.defined() || shape_of(tensor) != shape)
    throw ShapeError(
        text(what, ": expected shape ", to_string(shape), ", got ", describe(tensor)));
  if (!(placement_of(tensor) == placement))
    throw PlacementError(
        text(what, ": expected ", to_string(placement), ", got ", describe(tensor)));
  if (!tensor.is_contiguous())
    throw ShapeError(text(what, ": expected a contiguous tensor of shape ", to_string(shape)));
}

double inner_product(const Tensor& a, const Tensor& b) {
  require_same(a, b, "inner_product");
  if (!has_kernel(a)) return at::sum(a.to(at::kDouble) * b.to(at::kDouble)).item<double>();
  if (a.scalar_type() == at::kFloat)
    return kernels::dot(a.const_data_ptr<float>(), b.const_data_ptr<float>(), a.numel());
  return kernels::dot(a.const_data_ptr<double>(), b.const_data_ptr<double>(), a.numel());
}

double squared_distance(const Tensor& a, const Tensor& b) {
  require_same(a, b, "squared_distance");
  if (!has_kernel(a)) return at::sum((a.to(at::kDouble) - b.to(at::kDouble)).square()).item<double>();
  if (a.scalar_type() == at::kFloat)
    return kernels::squared_distance(a.const_data_ptr<float>(), b.const_data_ptr<float>(),
                                     a.numel());
  return kernels::squared_distance(a.const_data_ptr<double>(), b.const_data_ptr<double>(),
                                   a.numel());
}

double l2_norm(const Tensor& a) { return std::sqrt(inner_product(a, a)); }

double mean_value(const Tensor& a) {
  if (a.numel() == 0) throw ShapeError("mean_value: empty tensor");
  if (!has_kernel(a) || !a.is_contiguous()) return at::mean(a.to(at::kDouble)).item<double>();
  const double total = a.scalar_type() == at::kFloat
                           ? kernels::sum(a.const_data_ptr<float>(), a.numel())
                           : kernels::sum(a.const_data_ptr<double>(), a.numel());
  return total / double(a.numel());
}

std::int64_t count_non_finite(const Tensor& a) {
  return a.numel() - at::isfinite(a).sum().item<std::int64_t>();
}

std::string digest(const Tensor& tensor) {
  const Tensor host = tensor.to(at::kCPU).contiguous();
  const std::string header = dtype_name(host.scalar_type()) + to_string(shape_of(host));
  return Sha256()
      .update(header.data(), header.size())
      .update(host.const_data_ptr(), host.nbytes())
      .hex();
}

}  // namespace lvtino
