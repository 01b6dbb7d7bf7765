#pragma once

#include "lvtino/sampler.hpp"

namespace lvtino {

/// Running mean and sum of squared deviations of samples (Welford, Technometrics 1962): two arrays,
/// whatever their number.
struct RunningMoments {
  int count = 0;
  Tensor mean, squares;  ///< undefined before the first sample

  /// Throws ShapeError / PlacementError if the samples differ.
  void add(const Tensor& x);
  /// Root of squares / (count - 1). Throws ShapeError below two samples.
  Tensor standard_deviation() const;
};

/// A series between two whole steps: samples before `sample` are in the moments, `inside` is where
/// that one stands.
struct SeriesState {
  int sample = 0;
  SamplerState inside;
  Tensor first;  ///< sample 0, once it is complete
  RunningMoments moments;
};

class SeriesObserver : public SamplerObserver {
 public:
  /// Before the parts of each sample.
  virtual void begin_sample(int sample) {}
  /// In the place of `SamplerObserver::checkpoint`, and after each whole sample but the last.
  virtual void checkpoint_series(const SeriesState& state) {}
};

/// `samples` independent runs of the sampler from x_0. The first draws from rng.fork("sample"), as
/// a run of one sample does, sample n > 0 from rng.fork("sample", n). `from` is where to go on: a
/// default one, with x_0 in `inside`, is the beginning. One sample leaves the moments alone.
SeriesState run_series(const Sampler& sampler, const Tensor& x_0, int samples, const Rng& rng,
                       SeriesState from, SeriesObserver& observer);

/// How well the spread of samples tells the error of their mean.
struct Calibration {
  double nominal;   ///< .9
  double factor;    ///< of the interval mean +- factor standard deviation
  double coverage;  ///< share of pixels whose truth it holds
  double mean_deviation;
  double rmse;  ///< of the mean
};

/// The interval is the prediction interval of one more draw: factor = t sqrt(1 + 1 / N), t the 95 %
/// quantile of Student's law with N - 1 degrees of freedom. It holds 90 % of the truths if these
/// are draws of the sampled law and a pixel's law is normal. Nothing is clamped. Throws ShapeError
/// below two samples or if the truth has another shape.
Calibration calibrate(const RunningMoments& moments, const Tensor& truth);

}  // namespace lvtino
