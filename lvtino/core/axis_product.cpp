#include "lvtino/core/axis_product.hpp"

#include <algorithm>
#include <cmath>

#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"

namespace lvtino {
namespace {

// View of `count` rows of `width` numbers, `stride` apart, without a copy.
template <class T>
Tensor matrix_at(T* data, std::int64_t rows, std::int64_t columns, std::int64_t stride,
                 at::ScalarType type) {
  return at::from_blob(data, {rows, columns}, {stride, 1}, at::TensorOptions().dtype(type));
}

// x seen as [outer, L, inner]. With inner == 1 the product is taken from the right, in blocks of
// rows; otherwise each outer slice is multiplied from the left, in blocks of columns.
template <class T>
void product_on_cpu(const Tensor& m, const Tensor& x, std::int64_t outer, std::int64_t inner,
                    const Tensor& out) {
  constexpr std::int64_t kRows = 128, kColumns = 2048;
  const std::int64_t rows = m.size(0), length = m.size(1);
  const auto type = x.scalar_type();
  T* const source = const_cast<T*>(x.const_data_ptr<T>());  // from_blob takes no const; only read
  T* const target = out.mutable_data_ptr<T>();
  if (inner == 1) {
    const Tensor transposed = m.t().contiguous();
    parallel_for((outer + kRows - 1) / kRows, 1, [&](std::int64_t begin, std::int64_t end) {
      const SingleThreaded guard;
      for (std::int64_t b = begin; b < end; ++b) {
        const std::int64_t first = b * kRows, count = std::min(kRows, outer - first);
        Tensor block = matrix_at(target + first * rows, count, rows, rows, type);
        at::mm_out(block, matrix_at(source + first * length, count, length, length, type),
                   transposed);
      }
    });
    return;
  }
  const std::int64_t blocks = (inner + kColumns - 1) / kColumns;
  parallel_for(outer * blocks, 1, [&](std::int64_t begin, std::int64_t end) {
    const SingleThreaded guard;
    for (std::int64_t b = begin; b < end; ++b) {
      const std::int64_t slice = b / blocks, first = (b % blocks) * kColumns;
      const std::int64_t count = std::min(kColumns, inner - first);
      Tensor block = matrix_at(target + slice * rows * inner + first, rows, count, inner, type);
      at::mm_out(block, m,
                 matrix_at(source + slice * length * inner + first, length, count, inner, type));
    }
  });
}

}  // namespace

Tensor axis_product(const Tensor& m, const Tensor& x, std::int64_t axis) {
  if (m.dim() != 2 || axis < 0 || axis >= x.dim() || x.size(axis) != m.size(1))
    throw ShapeError(text("axis_product: a matrix ", describe(m), " does not fit axis ", axis,
                          " of ", describe(x)));
  require(m, shape_of(m), placement_of(x), "axis_product");
  require(x, shape_of(x), placement_of(x), "axis_product");
  Shape shape = shape_of(x);
  std::int64_t outer = 1, inner = 1;
  for (std::int64_t d = 0; d < x.dim(); ++d)
    (d < axis ? outer : inner) *= d == axis ? 1 : x.size(d);
  shape[std::size_t(axis)] = m.size(0);
  const Tensor out = at::empty(shape, x.options());
  if (!x.device().is_cpu())
    return at::matmul(m, x.reshape({outer, m.size(1), inner})).reshape(shape).contiguous();
  if (x.scalar_type() == at::kFloat)
    product_on_cpu<float>(m, x, outer, inner, out);
  else if (x.scalar_type() == at::kDouble)
    product_on_cpu<double>(m, x, outer, inner, out);
  else
    throw PlacementError(text("axis_product: expected float32 or float64, got ", describe(x)));
  return out;
}

Tensor dct_matrix(std::int64_t n, const Placement& placement) {
  if (n < 1) throw ShapeError(text("dct_matrix: expected a length >= 1, got ", n));
  const Tensor m = at::empty({n, n}, at::kDouble);
  double* const entries = m.mutable_data_ptr<double>();
  for (std::int64_t k = 0; k < n; ++k)
    for (std::int64_t j = 0; j < n; ++j)
      // The phase is reduced to one period in integers, where it is exact.
      entries[k * n + j] = std::sqrt((k == 0 ? 1.0 : 2.0) / double(n)) *
                           std::cos(M_PI * double((2 * j + 1) * k % (4 * n)) / double(2 * n));
  return m.to(placement.device, placement.dtype);
}

}  // namespace lvtino
