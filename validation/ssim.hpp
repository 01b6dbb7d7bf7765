#pragma once

#include "validation/metric.hpp"

namespace lvtino {

/// Structural similarity of Wang, Bovik, Sheikh, Simoncelli, "Image quality assessment: from error
/// visibility to structural similarity" (IEEE TIP 2004), for pixels of range 1.
///
/// Per frame and channel the mean over the pixels whose window (Gaussian of deviation 1.5, radius
/// 5) lies inside of
///   (2 ma mb + C1)(2 cov + C2) / ((ma^2 + mb^2 + C1)(va + vb + C2)),  C1 = 0.01^2, C2 = 0.03^2,
/// with the population variances; then the mean over channels. These are the numbers of
/// scikit-image with gaussian_weights, sigma 1.5, use_sample_covariance off, data_range 1. `whole`
/// is the mean over the frames. Throws ShapeError for frames smaller than the window.
class Ssim : public Metric {
 public:
  std::string name() const override { return "ssim"; }
  bool higher_is_better() const override { return true; }
  std::string averaging() const override { return "mean over frames"; }

 private:
  MetricValue do_evaluate(const Tensor& restored, const Tensor& truth) const override;
};

}  // namespace lvtino
