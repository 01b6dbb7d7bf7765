#pragma once

#include <string>
#include <vector>

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// One number for the clip and one for each frame.
struct MetricValue {
  double whole = 0;
  std::vector<double> per_frame;
};

/// Compares a restored video with the truth. Pixels are compared as they are: whether to clamp or
/// round before is for the caller to say.
class Metric {
 public:
  virtual ~Metric() = default;
  virtual std::string name() const = 0;
  virtual bool higher_is_better() const = 0;
  /// How `whole` follows from the frames, in words for a report.
  virtual std::string averaging() const = 0;

  /// Both [1, C, T, H, W], float32 or float64, CPU. Throws ShapeError / PlacementError if they
  /// differ or do not fit, NumericalError if either has values that are not finite.
  MetricValue evaluate(const Tensor& restored, const Tensor& truth) const;

 private:
  virtual MetricValue do_evaluate(const Tensor& restored, const Tensor& truth) const = 0;
};

}  // namespace lvtino
