#pragma once

#include <string>
#include <vector>

namespace lvtino::html {

/// One line of a chart; a value that is not finite leaves a gap.
struct Curve {
  std::string label;
  std::vector<double> values;  ///< one for each frame, from frame 0
};

/// A chart over the frames (or what `across` says) as inline SVG with axes, and a legend below it in HTML. Lines differ in
/// colour and in dashes. `axis_title` names the quantity and its unit. The colours are the style
/// sheet's (.series-0 ...).
std::string line_chart(const std::string& axis_title, const std::vector<Curve>& curves, int digits,
                       const std::string& across = "frame");

/// Round numbers (1, 2 or 5 times a power of ten apart) that cover [low, high]; at least two.
std::vector<double> round_ticks(double low, double high, int wanted);

}  // namespace lvtino::html
