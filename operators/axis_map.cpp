#include "operators/axis_map.hpp"

#include <Eigen/SVD>
#include <map>

#include "lvtino/core/error.hpp"

namespace lvtino {

AxisMap::AxisMap(std::int64_t columns, const std::vector<std::vector<Entry>>& rows)
    : columns_(columns) {
  if (columns < 1 || columns > INT32_MAX || rows.empty())
    throw ShapeError(text("AxisMap: expected at least one row and one column, got ", rows.size(),
                          " x ", columns));
  offsets_.push_back(0);
  for (const auto& row : rows) {
    std::map<std::int64_t, double> merged;
    for (const Entry& entry : row) {
      if (entry.column < 0 || entry.column >= columns)
        throw ShapeError(text("AxisMap: column ", entry.column, " is outside [0, ", columns, ")"));
      merged[entry.column] += entry.weight;
    }
    for (const auto& [column, weight] : merged) {
      if (weight == 0) continue;
      indices_.push_back(std::int32_t(column));
      weights_.push_back(weight);
    }
    offsets_.push_back(std::int64_t(weights_.size()));
  }
}

AxisMap AxisMap::identity(std::int64_t length) {
  if (length < 1) throw ShapeError(text("identity: expected a length >= 1, got ", length));
  std::vector<std::vector<Entry>> rows;
  for (std::int64_t i = 0; i < length; ++i) rows.push_back({{i, 1.0}});
  return AxisMap(length, rows);
}

bool AxisMap::is_identity() const {
  if (rows() != columns_ || entry_count() != columns_) return false;
  for (std::int64_t i = 0; i < columns_; ++i) {
    const auto k = std::size_t(i);
    if (offsets_[k] != i || indices_[k] != i || weights_[k] != 1.0) return false;
  }
  return true;
}

AxisMap AxisMap::transposed() const {
  std::vector<std::vector<Entry>> out{std::size_t(columns_)};
  for (std::int64_t i = 0; i < rows(); ++i)
    for (auto k = offsets_[std::size_t(i)]; k < offsets_[std::size_t(i) + 1]; ++k)
      out[std::size_t(indices_[std::size_t(k)])].push_back({i, weights_[std::size_t(k)]});
  return AxisMap(rows(), out);
}

AxisMap AxisMap::after(const AxisMap& first) const {
  if (columns_ != first.rows())
    throw ShapeError(text("cannot apply a map of ", columns_, " samples after one that gives ",
                          first.rows()));
  std::vector<std::vector<Entry>> out{std::size_t(rows())};
  for (std::size_t i = 0; i < out.size(); ++i)
    for (auto k = offsets_[i]; k < offsets_[i + 1]; ++k) {
      const auto middle = std::size_t(indices_[std::size_t(k)]);
      for (auto l = first.offsets_[middle]; l < first.offsets_[middle + 1]; ++l)
        out[i].push_back({first.indices_[std::size_t(l)],
                          weights_[std::size_t(k)] * first.weights_[std::size_t(l)]});
    }
  return AxisMap(first.columns_, out);
}

Tensor AxisMap::matrix() const {
  const Tensor dense = at::zeros({rows(), columns_}, at::kDouble);
  double* const entries = dense.mutable_data_ptr<double>();
  for (std::int64_t i = 0; i < rows(); ++i)
    for (auto k = offsets_[std::size_t(i)]; k < offsets_[std::size_t(i) + 1]; ++k)
      entries[i * columns_ + indices_[std::size_t(k)]] = weights_[std::size_t(k)];
  return dense;
}

namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// The left singular vectors of `m`, or its right ones, and as many squared singular values.
template <class Svd>
AxisEigen decomposed(const Matrix& m, bool left) {
  const Svd svd(m, left ? Eigen::ComputeFullU : Eigen::ComputeFullV);
  const Matrix basis = left ? svd.matrixU() : svd.matrixV();
  AxisEigen out{.basis = at::empty({basis.rows(), basis.cols()}, at::kDouble),
                .values = std::vector<double>(std::size_t(basis.cols()), 0)};
  Eigen::Map<Matrix>(out.basis.mutable_data_ptr<double>(), basis.rows(), basis.cols()) = basis;
  for (std::int64_t i = 0; i < svd.singularValues().size() && i < basis.cols(); ++i)
    out.values[std::size_t(i)] = svd.singularValues()[i] * svd.singularValues()[i];
  return out;
}

// How far the basis is from one in which M M' (or M'M) is diagonal, relative to its largest entry.
double remainder_of(const Matrix& m, bool left, const AxisEigen& eigen) {
  const std::int64_t n = std::int64_t(eigen.values.size());
  const Eigen::Map<const Matrix> basis(eigen.basis.const_data_ptr<double>(), n, n);
  const Matrix half = left ? Matrix(basis.transpose() * m) : Matrix((m * basis).transpose());
  Matrix turned = half * half.transpose();
  turned.diagonal() -= Eigen::Map<const Eigen::VectorXd>(eigen.values.data(), n);
  return turned.cwiseAbs().maxCoeff() / std::max(eigen.values.front(), 1e-300);
}

}  // namespace

AxisEigen eigen_of(const AxisMap& map, bool range_side) {
  const std::int64_t n = range_side ? map.rows() : map.columns();
  AxisEigen out{.basis = at::eye(n, at::kDouble), .values = std::vector<double>(std::size_t(n), 1)};
  if (map.is_identity()) return out;
  const Tensor dense = map.matrix();
  const Matrix m = Eigen::Map<const Matrix>(dense.const_data_ptr<double>(), map.rows(),
                                            map.columns());
  out = decomposed<Eigen::BDCSVD<Matrix>>(m, range_side);
  // Divide and conquer is a few digits off for a matrix in some thousand.
  if (remainder_of(m, range_side, out) > 1e-14 * double(n))
    out = decomposed<Eigen::JacobiSVD<Matrix>>(m, range_side);
  return out;
}

}  // namespace lvtino
