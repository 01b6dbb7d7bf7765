#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// A small real matrix that acts on one axis of a video, stored by rows (compressed sparse rows,
/// float64). The stages of a separable operator, their products and transposes are all AxisMaps.
class AxisMap {
 public:
  struct Entry {
    std::int64_t column;
    double weight;
  };

  /// `rows[i]` lists the entries of row i; entries of one column are added up, zeros dropped.
  /// Throws ShapeError if a column lies outside [0, columns) or there is no row or column.
  AxisMap(std::int64_t columns, const std::vector<std::vector<Entry>>& rows);

  static AxisMap identity(std::int64_t length);

  std::int64_t rows() const { return std::int64_t(offsets_.size()) - 1; }
  std::int64_t columns() const { return columns_; }
  bool is_identity() const;

  /// Row i owns entries [offsets[i], offsets[i+1]) of `indices` (columns, increasing) and `weights`.
  const std::vector<std::int64_t>& offsets() const { return offsets_; }
  const std::vector<std::int32_t>& indices() const { return indices_; }
  const std::vector<double>& weights() const { return weights_; }
  std::int64_t entry_count() const { return std::int64_t(weights_.size()); }

  AxisMap transposed() const;
  /// The product (this)(first): `first` acts first. Throws ShapeError if the extents do not match.
  AxisMap after(const AxisMap& first) const;
  /// Dense float64 matrix [rows, columns].
  Tensor matrix() const;

 private:
  AxisMap() = default;

  std::int64_t columns_ = 0;
  std::vector<std::int64_t> offsets_;
  std::vector<std::int32_t> indices_;
  std::vector<double> weights_;
};

/// Orthonormal basis [n, n] (columns) and eigenvalues [n] (descending, >= 0) of M M' (`range_side`)
/// or M'M, from the float64 singular value decomposition of M.
struct AxisEigen {
  Tensor basis;
  std::vector<double> values;
};
AxisEigen eigen_of(const AxisMap& map, bool range_side);

}  // namespace lvtino
