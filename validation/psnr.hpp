#pragma once

#include "validation/metric.hpp"

namespace lvtino {

/// Peak signal-to-noise ratio in dB for pixels of range 1: -10 log10(mean squared error).
///
/// `whole` follows from the error over all elements (it is not the mean of the frames' values).
/// Equal videos give infinity.
class Psnr : public Metric {
 public:
  std::string name() const override { return "psnr"; }
  bool higher_is_better() const override { return true; }
  std::string averaging() const override {
    return "from the squared error over all pixels and frames";
  }

 private:
  MetricValue do_evaluate(const Tensor& restored, const Tensor& truth) const override;
};

}  // namespace lvtino
