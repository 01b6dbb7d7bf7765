#include "reports/curves.hpp"

#include <algorithm>
#include <cmath>

#include "lvtino/core/error.hpp"
#include "reports/html_text.hpp"

namespace lvtino::html {
namespace {

constexpr double kWidth = 420, kHeight = 240;
constexpr double kLeft = 46, kRight = 10, kTop = 24, kBottom = 36;
constexpr std::size_t kStyles = 6;

// Positions on the page of frame numbers and values.
struct Frame {
  double first_x, last_x, low, high;
  double x(double frame) const {
    const double span = std::max(1.0, last_x - first_x);
    return kLeft + (frame - first_x) / span * (kWidth - kLeft - kRight);
  }
  double y(double value) const {
    return kHeight - kBottom - (value - low) / (high - low) * (kHeight - kTop - kBottom);
  }
};

int digits_of(double step) { return std::clamp(int(std::ceil(-std::log10(step) - 1e-9)), 0, 6); }

std::string label(double x, double y, const char* anchor, const std::string& words) {
  return text("<text x=\"", fixed(x, 1), "\" y=\"", fixed(y, 1), "\" text-anchor=\"", anchor, "\">",
              escape(words), "</text>");
}

std::string axes(const Frame& frame, const std::vector<double>& ticks, const std::string& title,
                 const std::string& across) {
  std::string out;
  const int digits = digits_of(ticks[1] - ticks[0]);
  for (const double tick : ticks) {
    const std::string y = fixed(frame.y(tick), 1);
    out += text("<line class=\"grid\" x1=\"", kLeft, "\" x2=\"", kWidth - kRight, "\" y1=\"", y,
                "\" y2=\"", y, "\"/>");
    out += label(kLeft - 6, frame.y(tick) + 4, "end", fixed(tick, digits));
  }
  for (const double tick : round_ticks(frame.first_x, std::max(frame.last_x, 1.0), 6)) {
    if (tick > frame.last_x || tick != std::round(tick)) continue;
    out += label(frame.x(tick), kHeight - kBottom + 16, "middle", fixed(tick, 0));
  }
  out += text("<line class=\"axis\" x1=\"", kLeft, "\" x2=\"", kWidth - kRight, "\" y1=\"",
              kHeight - kBottom, "\" y2=\"", kHeight - kBottom, "\"/>");
  out += label(kLeft - 38, 13, "start", title);
  return out + label((kLeft + kWidth - kRight) / 2, kHeight - 4, "middle", across);
}

std::string curve_path(const Frame& frame, const Curve& curve, std::size_t style, int digits) {
  std::string path, points;
  bool pen_down = false;
  for (std::size_t i = 0; i < curve.values.size(); ++i) {
    const double value = curve.values[i];
    if (!std::isfinite(value)) {
      pen_down = false;
      continue;
    }
    const std::string x = fixed(frame.x(double(i)), 1), y = fixed(frame.y(value), 1);
    path += (pen_down ? "L" : "M") + x + " " + y;
    pen_down = true;
    points += text("<circle cx=\"", x, "\" cy=\"", y, "\" r=\"2.5\"><title>", escape(curve.label),
                   ", frame ", i, ": ", fixed(value, digits), "</title></circle>");
  }
  return text("<g class=\"series-", style, "\"><path d=\"", path, "\"/>", points, "</g>");
}

std::string legend(const std::vector<Curve>& curves) {
  std::string out = "<ul class=\"legend\">";
  for (std::size_t i = 0; i < curves.size(); ++i)
    out +=
        text("<li><svg width=\"28\" height=\"10\" aria-hidden=\"true\"><g class=\"series-",
             i % kStyles, "\"><path d=\"M1 5L27 5\"/></g></svg>", escape(curves[i].label), "</li>");
  return out + "</ul>";
}

}  // namespace

std::vector<double> round_ticks(double low, double high, int wanted) {
  const double rough = (high - low) / std::max(1, wanted - 1);
  const double decade = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * decade;
  for (const double factor : {5.0, 2.0, 1.0})
    if (factor * decade >= rough * 0.999) step = factor * decade;
  std::vector<double> ticks;
  for (double k = std::floor(low / step + 1e-9);
       ticks.size() < 2 || ticks.back() < high - 1e-9 * step; ++k)
    ticks.push_back(k * step);
  return ticks;
}

std::string line_chart(const std::string& axis_title, const std::vector<Curve>& curves,
                       int digits, const std::string& across) {
  double low = INFINITY, high = -INFINITY;
  std::size_t longest = 0;
  for (const Curve& curve : curves) {
    longest = std::max(longest, curve.values.size());
    for (const double value : curve.values)
      if (std::isfinite(value)) low = std::min(low, value), high = std::max(high, value);
  }
  if (!(low <= high)) return "<p class=\"quiet\">No finite values to draw.</p>";
  const double least_span = 1e-3 * std::max(1.0, std::abs(high));
  if (high - low < least_span) low -= least_span / 2, high += least_span / 2;
  const std::vector<double> ticks = round_ticks(low, high, 5);
  const Frame frame{0, double(longest) - 1, ticks.front(), ticks.back()};
  std::string out = text("<div class=\"chart\"><svg viewBox=\"0 0 ", kWidth, " ", kHeight,
                         "\" role=\"img\" aria-label=\"", escape(axis_title), " of each ", escape(across), "\">",
                         axes(frame, ticks, axis_title, across));
  // The first curve is the one that matters: drawn last, on top.
  for (std::size_t i = curves.size(); i-- > 0;)
    out += curve_path(frame, curves[i], i % kStyles, digits);
  return out + "</svg>" + legend(curves) + "</div>";
}

}  // namespace lvtino::html
