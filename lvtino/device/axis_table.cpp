#include <algorithm>

#include "lvtino/device/axis_steps.hpp"

namespace lvtino::device {

template <class T>
struct AxisTable<T>::Host {
  int group = 4;
  std::vector<std::int32_t> group_offsets{0}, group_columns, counts, row_columns;
  std::vector<T> group_weights, row_weights;
  const kernels::SparseRows<double>& map;

  explicit Host(const kernels::SparseRows<double>& m) : map(m) {
    list_groups();
    // Rows that overlap share more in larger groups; of an identity, the groups of the other axis
    // do.
    const double loads = double(group_columns.size()) / double(map.columns);
    if (loads > 1.25 || (map.identity && map.rows > 4)) group = 8, list_groups();
    list_rows();
  }

 private:
  void list_groups() {
    group_offsets.assign(1, 0), group_columns.clear(), group_weights.clear();
    for (std::int64_t top = 0; top < map.rows; top += group) {
      const std::int64_t bottom = std::min(map.rows, top + group);
      std::vector<std::int32_t> columns(map.indices + map.offsets[top],
                                        map.indices + map.offsets[bottom]);
      std::sort(columns.begin(), columns.end());
      columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
      const std::size_t first = group_weights.size();
      group_weights.resize(first + columns.size() * std::size_t(group), T(0));
      for (std::int64_t row = top; row < bottom; ++row)
        for (std::int64_t k = map.offsets[row]; k < map.offsets[row + 1]; ++k) {
          const auto at =
              std::lower_bound(columns.begin(), columns.end(), map.indices[k]) - columns.begin();
          group_weights[first + std::size_t(at * group + row - top)] = T(map.weights[k]);
        }
      group_columns.insert(group_columns.end(), columns.begin(), columns.end());
      group_offsets.push_back(std::int32_t(group_columns.size()));
    }
  }

  void list_rows() {
    std::int64_t depth = 0;
    for (std::int64_t row = 0; row < map.rows; ++row) {
      counts.push_back(std::int32_t(map.offsets[row + 1] - map.offsets[row]));
      depth = std::max<std::int64_t>(depth, counts.back());
    }
    row_columns.assign(std::size_t(depth * map.rows), 0);
    row_weights.assign(row_columns.size(), T(0));
    for (std::int64_t row = 0; row < map.rows; ++row)
      for (std::int64_t k = 0; k < counts[std::size_t(row)]; ++k) {
        row_columns[std::size_t(k * map.rows + row)] = map.indices[map.offsets[row] + k];
        row_weights[std::size_t(k * map.rows + row)] = T(map.weights[map.offsets[row] + k]);
      }
  }
};

template <class T>
AxisTable<T>::AxisTable(const Stream& stream, const kernels::SparseRows<double>& map)
    : AxisTable(stream, Host(map)) {}

template <class T>
AxisTable<T>::AxisTable(const Stream& stream, const Host& host)
    : identity_(host.map.identity),
      group_offsets_(stream, host.group_offsets),
      group_columns_(stream, host.group_columns),
      counts_(stream, host.counts),
      row_columns_(stream, host.row_columns),
      group_weights_(stream, host.group_weights),
      row_weights_(stream, host.row_weights),
      view_{host.map.rows,         host.map.columns,      host.group,
            group_offsets_.data(), group_columns_.data(), group_weights_.data(),
            counts_.data(),        row_columns_.data(),   row_weights_.data()} {}

template <class T>
std::int64_t AxisTable<T>::most_bytes(const kernels::SparseRows<double>& map) {
  constexpr std::int64_t kIndex = sizeof(std::int32_t), kNumber = sizeof(T), kLargestGroup = 8;
  std::int64_t depth = 0;
  for (std::int64_t row = 0; row < map.rows; ++row)
    depth = std::max<std::int64_t>(depth, map.offsets[row + 1] - map.offsets[row]);
  return (2 * map.rows + 2) * kIndex + map.offsets[map.rows] * (kIndex + kLargestGroup * kNumber) +
         depth * map.rows * (kIndex + kNumber);
}

template class AxisTable<float>;
template class AxisTable<double>;

}  // namespace lvtino::device
