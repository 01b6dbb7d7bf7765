#include "lvtino/interpolation.hpp"

#include <algorithm>
#include <cmath>

#include "lvtino/core/axis_product.hpp"

namespace lvtino {
namespace {

// Whether each row is one sample: a crop, or every k-th of an axis.
bool is_selection(const AxisMap& map) {
  for (std::int64_t i = 0; i < map.rows(); ++i)
    if (map.offsets()[std::size_t(i) + 1] - map.offsets()[std::size_t(i)] != 1) return false;
  return true;
}

// Position of sample j on the fine axis is first + j step, read off two rows in the middle, where
// boundary rules bend them least.
struct Positions {
  double first, step;
};

double centre_of(const AxisMap& map, std::int64_t row) {
  double weight = 0, moment = 0;
  for (auto k = map.offsets()[std::size_t(row)]; k < map.offsets()[std::size_t(row) + 1]; ++k) {
    weight += map.weights()[std::size_t(k)];
    moment += map.weights()[std::size_t(k)] * double(map.indices()[std::size_t(k)]);
  }
  return weight != 0 ? moment / weight : double(row);
}

Positions positions_of(const AxisMap& map) {
  if (map.rows() == map.columns()) return {0, 1};  // nothing is decimated: a blur keeps its place
  if (map.rows() == 1) return {centre_of(map, 0), double(map.columns())};
  if (is_selection(map)) return {centre_of(map, 0), centre_of(map, 1) - centre_of(map, 0)};
  const std::int64_t middle = std::max<std::int64_t>(0, map.rows() / 2 - 1);
  // Decimation by s leaves ceil(columns / s) rows: that confines s where all rows are bent.
  const std::int64_t low = (map.columns() + map.rows() - 1) / map.rows();
  const std::int64_t high = std::max(low, (map.columns() - 1) / (map.rows() - 1));
  const double between = centre_of(map, middle + 1) - centre_of(map, middle);
  const auto step = double(std::clamp(std::int64_t(std::llround(between)), low, high));
  return {centre_of(map, middle) - step * double(middle), step};
}

double keys(double u) {
  const double a = std::abs(u);
  if (a < 1) return (1.5 * a - 2.5) * a * a + 1;
  return a < 2 ? ((-0.5 * a + 2.5) * a - 4) * a + 2 : 0;
}

// The entry >= 0 nearest to place i, the earlier one of two.
std::int64_t nearest_row(const std::vector<std::int64_t>& row_of, std::int64_t i) {
  const auto count = std::int64_t(row_of.size());
  for (std::int64_t away = 0; away < count; ++away)
    for (const std::int64_t place : {i - away, i + away})
      if (place >= 0 && place < count && row_of[std::size_t(place)] >= 0) return row_of[std::size_t(place)];
  return 0;
}

// Each sample of the fine axis gets the row to which it contributes most; where it contributes to none
// (a dropped tail, dropped frames, what a crop leaves out), that of the nearest one that does.
AxisMap repetition(const AxisMap& map) {
  if (map.rows() == map.columns()) return AxisMap::identity(map.columns());
  const AxisMap uses = map.transposed();
  std::vector<std::int64_t> row_of;
  for (std::int64_t i = 0; i < map.columns(); ++i) {
    const auto begin = uses.offsets()[std::size_t(i)], end = uses.offsets()[std::size_t(i) + 1];
    auto best = begin;
    for (auto k = begin; k < end; ++k)
      if (std::abs(uses.weights()[std::size_t(k)]) > std::abs(uses.weights()[std::size_t(best)]))
        best = k;
    row_of.push_back(begin < end ? uses.indices()[std::size_t(best)] : -1);
  }
  std::vector<std::vector<AxisMap::Entry>> rows;
  for (std::int64_t i = 0; i < map.columns(); ++i) rows.push_back({{nearest_row(row_of, i), 1.0}});
  return AxisMap(map.rows(), rows);
}

double triangle(double u) { return std::max(0.0, 1 - std::abs(u)); }

// The middles of equal blocks.
Positions block_centres(const AxisMap& map) {
  const double step = double(map.columns()) / double(map.rows());
  return {(step - 1) / 2, step};
}

using Kernel = InterpolationRule::Kernel;

AxisMap enlargement(const AxisMap& map, Kernel kernel, bool in_blocks) {
  if (map.rows() == map.columns()) return AxisMap::identity(map.columns());
  if (kernel == Kernel::nearest) return repetition(map);
  const auto [first, step] = in_blocks ? block_centres(map) : positions_of(map);
  const std::int64_t last = map.rows() - 1;
  std::vector<std::vector<AxisMap::Entry>> rows{std::size_t(map.columns())};
  for (std::int64_t i = 0; i < map.columns(); ++i) {
    const double u = (double(i) - first) / step;
    const auto clamped = [&](std::int64_t j) { return std::clamp<std::int64_t>(j, 0, last); };
    const auto base = std::int64_t(std::floor(u));
    for (std::int64_t j = base - 1; j <= base + 2; ++j)
      rows[std::size_t(i)].push_back({clamped(j), (kernel == Kernel::bicubic ? keys : triangle)(u - double(j))});
  }
  return AxisMap(map.rows(), rows);
}

// Straight lines between the centres of the rows, whatever their spacing: in time the last window of an
// average may hold fewer frames.
AxisMap between_centres(const AxisMap& map) {
  if (map.rows() == map.columns()) return AxisMap::identity(map.columns());
  std::vector<std::vector<AxisMap::Entry>> rows{std::size_t(map.columns())};
  const std::int64_t last = map.rows() - 1;
  std::int64_t j = 0;  // the last row centred at or before i
  for (std::int64_t i = 0; i < map.columns(); ++i) {
    while (j < last && centre_of(map, j + 1) <= double(i)) ++j;
    const double here = centre_of(map, j), next = j < last ? centre_of(map, j + 1) : here;
    const double share = next > here ? std::clamp((double(i) - here) / (next - here), 0.0, 1.0) : 0.0;
    rows[std::size_t(i)] = {{j, 1 - share}, {std::min(j + 1, last), share}};
  }
  return AxisMap(map.rows(), rows);
}

}  // namespace

Tensor interpolate_measurement(const SeparableOperator& a, const Tensor& y, const InterpolationRule& rule) {
  const AxisMap time = rule.time == Kernel::bilinear ? between_centres(a.time()) : enlargement(a.time(), rule.time, false);
  const SeparableOperator up("interpolation", a.range(), a.placement(),
                             {repetition(a.channel()), time,
                              enlargement(a.height(), rule.space, rule.block_centres),
                              enlargement(a.width(), rule.space, rule.block_centres)});
  return up.apply(y);
}

}  // namespace lvtino
