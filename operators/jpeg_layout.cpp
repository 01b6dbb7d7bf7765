#include "operators/jpeg_layout.hpp"

#include <algorithm>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

using Row = std::array<double, 3>;

constexpr double kRed = 0.299, kBlue = 0.114, kGreen = 1 - kRed - kBlue;

// Cb = (B - Y') / (2 (1 - kBlue)), Cr = (R - Y') / (2 (1 - kRed)), without the offset of 128.
Row color_row(JpegColor color, std::size_t i) {
  if (color == JpegColor::rgb) return {double(i == 0), double(i == 1), double(i == 2)};
  const double b = 2 * (1 - kBlue), r = 2 * (1 - kRed);
  if (i == 1) return {-kRed / b, -kGreen / b, 0.5};
  if (i == 2) return {0.5, -kGreen / r, -kBlue / r};
  return {kRed, kGreen, kBlue};
}

Row color_column(JpegColor color, std::size_t i) {
  if (color == JpegColor::rgb) return color_row(color, i);
  const double b = 2 * (1 - kBlue), r = 2 * (1 - kRed);
  if (i == 1) return {0, -kBlue * b / kGreen, b};
  if (i == 2) return {r, -kRed * r / kGreen, 0};
  return {1, 1, 1};
}

std::int64_t quotient_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

void check_factors(JpegColor color, const std::vector<JpegFactors>& factors, int top_h, int top_v) {
  const std::size_t count = color == JpegColor::grey ? 1 : 3;
  if (factors.size() != count)
    throw ShapeError(text("JPEG: expected ", count, " components, got ", factors.size()));
  for (const auto& [h, v] : factors)
    if (h < 1 || v < 1 || h > 4 || v > 4 || top_h % h != 0 || top_v % v != 0)
      throw ShapeError(text("JPEG: sampling factors ", h, "x", v, " beside ", top_h, "x", top_v,
                            ": expected 1 to 4, with whole ratios"));
}

}  // namespace

JpegLayout::JpegLayout(std::int64_t h, std::int64_t w, JpegColor colors,
                       const std::vector<JpegFactors>& sampling)
    : height(h), width(w), color(colors), factors(sampling), unit_rows(0), values(0) {
  if (height < 1 || width < 1 || height > 65535 || width > 65535)
    throw ShapeError(text("JPEG: expected 1 to 65535 pixels a side, got ", height, "x", width));
  if (color == JpegColor::grey) factors.assign(1, {1, 1});  // of one component they mean nothing
  int top_h = 1, top_v = 1;
  for (const JpegFactors& f : factors) top_h = std::max(top_h, f.h), top_v = std::max(top_v, f.v);
  check_factors(color, factors, top_h, top_v);
  unit_rows = quotient_up(height, 8 * top_v);
  for (std::size_t i = 0; i < factors.size(); ++i) {
    JpegComponent c{.row = color_row(color, i),
                    .column = color_column(color, i),
                    .shift = color == JpegColor::ycc && i > 0 ? 0.0 : 128.0,
                    .step_v = top_v / factors[i].v,
                    .step_h = top_h / factors[i].h,
                    .blocks_v = factors[i].v,
                    .blocks_h = factors[i].h};
    c.block_rows = quotient_up(height * c.blocks_v, 8 * top_v);
    c.block_columns = quotient_up(width * c.blocks_h, 8 * top_h);
    c.begin = values, values += c.values();
    const std::int64_t last_row = quotient_up(height, c.step_v) - 1;
    for (std::int64_t r = 0; r < 8 * c.block_rows; ++r)
      for (int k = 0; k < c.step_v; ++k)
        c.rows.push_back(std::int32_t(std::min(std::min(r, last_row) * c.step_v + k, height - 1)));
    for (std::int64_t k = 0; k < 8 * c.block_columns * c.step_h; ++k)
      c.columns.push_back(std::int32_t(std::min(k, width - 1)));
    components.push_back(std::move(c));
  }
}

bool JpegLayout::invertible() const {
  if (color == JpegColor::grey || height % 8 != 0 || width % 8 != 0) return false;
  return std::all_of(components.begin(), components.end(),
                     [](const JpegComponent& c) { return c.step_v == 1 && c.step_h == 1; });
}

std::vector<JpegFactors> jpeg_factors(const std::string& subsampling) {
  if (subsampling == "444") return {{1, 1}, {1, 1}, {1, 1}};
  if (subsampling == "422") return {{2, 1}, {1, 1}, {1, 1}};
  if (subsampling == "420") return {{2, 2}, {1, 1}, {1, 1}};
  throw ShapeError(text("JPEG: expected subsampling 444, 422 or 420, got ", subsampling));
}

std::array<int, 64> jpeg_steps(bool chrominance, int quality) {
  static constexpr std::array<int, 64> kLuminance = {
      16, 11, 10, 16, 24,  40,  51,  61,  12, 12, 14, 19, 26,  58,  60,  55,
      14, 13, 16, 24, 40,  57,  69,  56,  14, 17, 22, 29, 51,  87,  80,  62,
      18, 22, 37, 56, 68,  109, 103, 77,  24, 35, 55, 64, 81,  104, 113, 92,
      49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99};
  static constexpr std::array<int, 64> kChrominance = {
      17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99,
      24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
      99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
      99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99};
  if (quality < 1 || quality > 100)
    throw ShapeError(text("JPEG: expected quality 1 to 100, got ", quality));
  const int scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  std::array<int, 64> steps = chrominance ? kChrominance : kLuminance;
  for (int& step : steps) step = std::clamp((step * scale + 50) / 100, 1, 255);
  return steps;
}

}  // namespace lvtino
