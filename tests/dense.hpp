#pragma once

#include <Eigen/Dense>

#include "lvtino/core/rng.hpp"
#include "operators/linear_operator.hpp"

/// The dense float64 oracle of the tests: operators as Eigen matrices, videos as Eigen vectors.
namespace lvtino::dense {

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

inline const Placement kExact = {at::kDouble, at::kCPU};

inline Vector vector_of(const Tensor& x) {
  const Tensor flat = x.to(at::kDouble).contiguous();
  return Eigen::Map<const Vector>(flat.const_data_ptr<double>(), flat.numel());
}

inline Tensor tensor_of(const Vector& x, const Shape& shape) {
  Tensor out = at::empty(shape, at::kDouble);
  Eigen::Map<Vector>(out.mutable_data_ptr<double>(), out.numel()) = x;
  return out;
}

/// A tensor of two dimensions.
inline Matrix matrix_of(const Tensor& m) {
  using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Tensor flat = m.to(at::kDouble).contiguous();
  return Eigen::Map<const Rows>(flat.const_data_ptr<double>(), flat.size(0), flat.size(1));
}

/// Column by column, from unit vectors.
inline Matrix matrix_of(const LinearOperator& a) {
  const std::int64_t n = element_count(a.domain());
  Matrix out(element_count(a.range()), n);
  for (std::int64_t j = 0; j < n; ++j) {
    const Tensor unit = at::zeros(a.domain(), a.placement().options());
    unit.view(-1).index_put_({at::scalar_tensor(j, at::kLong)}, 1.0);
    out.col(j) = vector_of(a.apply(unit));
  }
  return out;
}

inline Matrix kronecker(const Matrix& a, const Matrix& b) {
  Matrix out(a.rows() * b.rows(), a.cols() * b.cols());
  for (Eigen::Index i = 0; i < a.rows(); ++i)
    for (Eigen::Index j = 0; j < a.cols(); ++j)
      out.block(i * b.rows(), j * b.cols(), b.rows(), b.cols()) = a(i, j) * b;
  return out;
}

/// The largest absolute difference of two tensors of one shape, in float64.
inline double difference(const Tensor& a, const Tensor& b) {
  return a.numel() ? (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>() : 0;
}

}  // namespace lvtino::dense
