#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

namespace lvtino {

/// The only array type at public borders. Videos are `[N, C, T, H, W]`, contiguous.
using Tensor = at::Tensor;
using Shape = std::vector<std::int64_t>;

/// Where numbers live and how they are stored.
struct Placement {
  at::ScalarType dtype = at::kFloat;
  at::Device device = at::kCPU;
  at::TensorOptions options() const { return at::TensorOptions().dtype(dtype).device(device); }
  bool operator==(const Placement&) const = default;
};

/// Number of elements of `shape`. Throws ShapeError if it does not fit 62 bits.
std::int64_t element_count(const Shape& shape);

/// "[1, 3, 25, 360, 640]".
std::string to_string(const Shape& shape);
std::string to_string(const Placement& placement);

/// "[1, 3, 25, 360, 640] float32 cpu": what messages print of a tensor.
std::string describe(const Tensor& tensor);

Shape shape_of(const Tensor& tensor);
Placement placement_of(const Tensor& tensor);

/// Throws ShapeError or PlacementError, naming `what`, unless the tensor is contiguous with exactly
/// this shape and placement.
void require(const Tensor& tensor, const Shape& shape, const Placement& placement,
             const std::string& what);

/// <a, b>, accumulated in float64 in a fixed order: the same bits for any number of threads.
/// Throws ShapeError / PlacementError if the operands differ.
double inner_product(const Tensor& a, const Tensor& b);

/// |a - b|^2 with the accumulation rule of `inner_product`.
double squared_distance(const Tensor& a, const Tensor& b);

/// Euclidean norm with the accumulation rule of `inner_product`.
double l2_norm(const Tensor& a);

/// Mean of all elements with the accumulation rule of `inner_product`.
double mean_value(const Tensor& a);

/// Number of elements that are not finite.
std::int64_t count_non_finite(const Tensor& a);

/// SHA-256 (hexadecimal) of dtype, shape and bytes: two tensors with equal digest are equal.
std::string digest(const Tensor& tensor);

}  // namespace lvtino
