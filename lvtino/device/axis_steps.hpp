#pragma once

#include "lvtino/device/runtime.hpp"
#include "operators/axis_kernels.hpp"

/// Sparse axis maps on the device: what operators/axis_kernels.hpp does, in the same order of sums.
namespace lvtino::device {

/// What a kernel reads of a map: rows in groups that share the numbers they are made of (each
/// loaded once a group), and the same rows one by one, entries of neighbouring rows side by side.
template <class T>
struct AxisView {
  std::int64_t rows, columns;
  int group;                          ///< rows of a group
  const std::int32_t* group_offsets;  ///< [groups + 1] into the next two
  const std::int32_t* group_columns;
  const T* group_weights;           ///< [entry, group]: zero where a row lacks the column
  const std::int32_t* counts;       ///< [rows] entries
  const std::int32_t* row_columns;  ///< [entry, rows]
  const T* row_weights;             ///< [entry, rows]

  std::int64_t groups() const { return (rows + group - 1) / group; }
};

/// A map of one axis in device memory.
template <class T>
class AxisTable {
 public:
  AxisTable(const Stream& stream, const kernels::SparseRows<double>& map);
  /// At least the bytes that it takes.
  static std::int64_t most_bytes(const kernels::SparseRows<double>& map);
  bool identity() const { return identity_; }
  const AxisView<T>& view() const { return view_; }

 private:
  struct Host;
  AxisTable(const Stream& stream, const Host& host);

  bool identity_;
  Buffer<std::int32_t> group_offsets_, group_columns_, counts_, row_columns_;
  Buffer<T> group_weights_, row_weights_;
  AxisView<T> view_;
};

/// out[o, i, :] = base[o, i, :] + scale sum_j M[i, j] in[o, j, :] for arrays [outer, L, inner].
/// `base` may be null or equal to `out`. Meant for inner > 1; for the last axis see below.
template <class T>
void apply_to_rows(const Stream& stream, const AxisTable<T>& m, const T* in, std::int64_t outer,
                   std::int64_t inner, const T* base, T scale, T* out);

/// What of its memory a block takes for rows.
constexpr std::int64_t kRowMemory = 200 << 10;
/// Eight rows of this length fit in it, with a word left free after each 32.
template <class T>
constexpr std::int64_t kLongestRow = (kRowMemory / (8 * std::int64_t(sizeof(T))) - 1) * 32 / 33;

/// out[p] = base[p] + scale (H (x) W) in[p] for `planes` planes, in one pass: the rows between the
/// two axes stay in block memory. Throws ShapeError if one does not fit there; up to kLongestRow
/// do.
template <class T>
void apply_to_planes(const Stream& stream, const AxisTable<T>& h, const AxisTable<T>& w,
                     const T* in, std::int64_t planes, const T* base, T scale, T* out);

}  // namespace lvtino::device
