#include "operators/motion_kernel.hpp"

#include <algorithm>
#include <cmath>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

// Where a coordinate that moves by `rate` a unit of s crosses a whole number, for |s| <= reach.
void add_crossings(double rate, double reach, std::vector<double>& at) {
  const auto most = std::int64_t(std::floor(std::abs(rate) * reach));
  for (std::int64_t k = -most; k <= most; ++k)
    if (rate != 0) at.push_back(std::clamp(double(k) / rate, -reach, reach));
}

}  // namespace

Tensor motion_kernel(double length, double angle) {
  if (!(length >= 0 && length <= 1000) || !std::isfinite(angle))
    throw ShapeError(text("motion kernel: expected a length in [0, 1000] and a finite angle, got ",
                          length, " and ", angle));
  if (length == 0) return at::ones({1, 1}, at::kDouble);
  // Whole quarter turns are exact: no speck in the neighbouring row.
  const double turn = std::remainder(angle, 360.0) * M_PI / 180;
  const bool upright = std::remainder(angle, 180.0) == 90 || std::remainder(angle, 180.0) == -90;
  const bool level = std::remainder(angle, 180.0) == 0;
  const double right = upright ? 0 : std::cos(turn), down = level ? 0 : -std::sin(turn);
  const double reach = length / 2;
  const auto radius = [&](double rate) { return std::int64_t(std::ceil(std::abs(rate) * reach)); };
  const std::int64_t rows = radius(down), columns = radius(right);
  const Tensor out = at::zeros({2 * rows + 1, 2 * columns + 1}, at::kDouble);
  auto kernel = out.accessor<double, 2>();

  std::vector<double> ends = {-reach, reach};
  add_crossings(right, reach, ends);
  add_crossings(down, reach, ends);
  std::sort(ends.begin(), ends.end());
  for (std::size_t piece = 0; piece + 1 < ends.size(); ++piece) {
    const double middle = (ends[piece] + ends[piece + 1]) / 2, half = (ends[piece + 1] - ends[piece]) / 2;
    if (half <= 0) continue;
    // On a piece the response is a product of two straight lines: two Gauss points are exact.
    const auto i = std::int64_t(std::floor(middle * down)), j = std::int64_t(std::floor(middle * right));
    for (const double node : {-1 / std::sqrt(3.0), 1 / std::sqrt(3.0)}) {
      const double s = middle + half * node, u = s * down - double(i), v = s * right - double(j);
      const double weight = half / length;
      for (const int a : {0, 1})
        for (const int b : {0, 1}) {
          const double response = (a ? u : 1 - u) * (b ? v : 1 - v);
          const std::int64_t row = i + a + rows, column = j + b + columns;
          if (row >= 0 && row <= 2 * rows && column >= 0 && column <= 2 * columns)
            kernel[row][column] += weight * response;
        }
    }
  }
  return out;
}

}  // namespace lvtino
