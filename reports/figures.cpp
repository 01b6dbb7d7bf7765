#include "reports/figures.hpp"

#include <array>
#include <numbers>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

constexpr int kColors = 256;
using Color = std::array<double, 3>;

double gamma_coded(double linear) {
  return linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
}

// OKLCh to linear sRGB.
Color linear_rgb(double lightness, double chroma, double hue) {
  const double a = chroma * std::cos(hue), b = chroma * std::sin(hue);
  const auto cube = [](double x) { return x * x * x; };
  const double l = cube(lightness + 0.3963377774 * a + 0.2158037573 * b);
  const double m = cube(lightness - 0.1055613458 * a - 0.0638541728 * b);
  const double s = cube(lightness - 0.0894841775 * a - 1.2914855480 * b);
  return {4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
          -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
          -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
}

bool displayable(const Color& c) {
  return std::all_of(c.begin(), c.end(), [](double v) { return v >= 0 && v <= 1; });
}

// Lightness 0.13 to 0.96 in even steps; the hue turns from blue over magenta to yellow.
Color color_at(double position) {
  constexpr double kFirstHue = 265, kLastHue = 460, kMostChroma = 0.19;
  const double lightness = 0.13 + 0.83 * position;
  const double hue = (kFirstHue + (kLastHue - kFirstHue) * position) * std::numbers::pi / 180;
  double chroma =
      kMostChroma * std::pow(std::sin(std::numbers::pi * (0.08 + 0.84 * position)), 0.7);
  Color color = linear_rgb(lightness, chroma, hue);
  while (!displayable(color) && chroma > 1e-3) color = linear_rgb(lightness, chroma *= 0.97, hue);
  for (double& v : color) v = gamma_coded(std::clamp(v, 0.0, 1.0));
  return color;
}

const Tensor& color_table() {
  static const Tensor table = [] {
    Tensor out = at::empty({kColors, 3}, at::kFloat);
    for (int i = 0; i < kColors; ++i) {
      const Color color = color_at(double(i) / (kColors - 1));
      for (int c = 0; c < 3; ++c) out[i][c] = float(color[std::size_t(c)]);
    }
    return out;
  }();
  return table;
}

void require_video(const Tensor& video) {
  if (video.dim() != 5 || video.size(0) != 1 || video.size(1) != 3 || video.numel() == 0)
    throw ShapeError(text("expected a video [1, 3, T, H, W], got ", describe(video)));
}

void require_image(const Tensor& image) {
  if (image.dim() != 3 || image.size(0) != 3 || image.numel() == 0)
    throw ShapeError(text("expected an image [3, H, W], got ", describe(image)));
}

Tensor mean_error(const Tensor& a, const Tensor& b) {
  require_image(a);
  if (a.sizes() != b.sizes())
    throw ShapeError(
        text("expected two images of one size, got ", describe(a), " and ", describe(b)));
  return (a - b).abs().mean(0);
}

// Which of `count` samples stands at each of `length` places.
Tensor nearest(std::int64_t length, std::int64_t count) {
  const Tensor index = (at::arange(length, at::kDouble) + 0.5) * (double(count) / double(length));
  return index.floor().clamp(0, double(count - 1)).to(at::kLong);
}

}  // namespace

Tensor frame_image(const Tensor& video, std::int64_t t) {
  require_video(video);
  if (t < 0 || t >= video.size(2)) throw ShapeError(text("no frame ", t, " in ", describe(video)));
  return video[0].select(1, t).contiguous();
}

Tensor scale_nearest(const Tensor& image, std::int64_t height, std::int64_t width) {
  require_image(image);
  return image.index_select(1, nearest(height, image.size(1)))
      .index_select(2, nearest(width, image.size(2)))
      .contiguous();
}

Tensor x_t_slice(const Tensor& video, double relative_row, std::int64_t height,
                 std::int64_t width) {
  require_video(video);
  const std::int64_t rows = video.size(3);
  const std::int64_t row =
      std::clamp<std::int64_t>(std::int64_t(relative_row * double(rows)), 0, rows - 1);
  return scale_nearest(video[0].select(2, row), height, width);
}

Tensor color_mapped(const Tensor& values, double full_scale) {
  if (values.dim() != 2 || !(full_scale > 0))
    throw ShapeError(text("expected values [H, W] and a positive scale, got ", describe(values),
                          " and ", full_scale));
  const Tensor index = at::nan_to_num(values, full_scale)
                           .div(full_scale)
                           .clamp(0, 1)
                           .mul(kColors - 1)
                           .round()
                           .to(at::kLong);
  return color_table()
      .index_select(0, index.flatten())
      .view({values.size(0), values.size(1), 3})
      .permute({2, 0, 1})
      .contiguous();
}

Tensor error_map(const Tensor& a, const Tensor& b, double full_scale) {
  return color_mapped(mean_error(a, b), full_scale);
}

double error_scale(const Tensor& a, const Tensor& b) {
  const Tensor sorted = std::get<0>(mean_error(a, b).flatten().sort());
  const double high = sorted[(sorted.numel() - 1) * 49 / 50].item<double>();
  for (double decade = 0.01; decade < 1; decade *= 10)
    for (const double step : {1.0, 2.0, 5.0})
      if (high <= step * decade) return step * decade;
  return 1;
}

std::string scale_caption(double full_scale) {
  return text("|error|, dark 0 to light ", full_scale, "; beyond ", full_scale, " as light");
}

}  // namespace lvtino
