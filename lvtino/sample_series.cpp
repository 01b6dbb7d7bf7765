#include "lvtino/sample_series.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"
#include "priors/incomplete_integrals.hpp"

namespace lvtino {
namespace {

// Hands the parts of one sample on, and its whole steps as those of the series.
class OneSample final : public SamplerObserver {
 public:
  OneSample(SeriesState& series, SeriesObserver& observer) : series_(series), observer_(observer) {}
  void begin(int step, const std::string& part) override { observer_.begin(step, part); }
  void after(const TraceEntry& entry, const Tensor& x) override {
    TraceEntry numbered = entry;
    numbered.sample = series_.sample;
    observer_.after(numbered, x);
  }
  void checkpoint(const SamplerState& state) override {
    series_.inside = state;
    observer_.checkpoint_series(series_);
    series_.inside = {};  // the sampler goes on without a second copy in memory
  }

 private:
  SeriesState& series_;
  SeriesObserver& observer_;
};

// The t that |T| exceeds with probability `share`, by bisection.
double student_quantile(double degrees, double share) {
  double low = 0, high = 1e6;
  for (int i = 0; i < 100; ++i) {
    const double t = 0.5 * (low + high), x = degrees / (degrees + t * t);
    (lower_beta(0.5 * degrees, 0.5, x, t * t / (degrees + t * t)) > share ? low : high) = t;
  }
  return 0.5 * (low + high);
}

}  // namespace

void RunningMoments::add(const Tensor& x) {
  if (count == 0) {
    mean = x.clone(), squares = at::zeros_like(x), count = 1;
    return;
  }
  require(x, shape_of(mean), placement_of(mean), "RunningMoments");
  const Tensor before = at::sub(x, mean);
  mean.add_(before, 1.0 / ++count);
  squares.addcmul_(before, at::sub(x, mean));
}

Tensor RunningMoments::standard_deviation() const {
  if (count < 2) throw ShapeError("standard deviation: expected at least two samples");
  return at::div(squares, double(count - 1)).sqrt_();
}

SeriesState run_series(const Sampler& sampler, const Tensor& x_0, int samples, const Rng& rng,
                       SeriesState from, SeriesObserver& observer) {
  if (samples < 1)
    throw ShapeError(text("run_series: expected at least one sample, got ", samples));
  SeriesState series = std::move(from);
  while (series.sample < samples) {
    const int n = series.sample;
    observer.begin_sample(n);
    OneSample watch(series, observer);
    const Tensor x = sampler.run(std::move(series.inside),
                                 n == 0 ? rng.fork("sample") : rng.fork("sample", n), watch);
    if (n == 0) series.first = x;
    if (samples > 1) series.moments.add(x);
    series.inside = {.x = x_0};
    if (++series.sample < samples) observer.checkpoint_series(series);
  }
  return series;
}

Calibration calibrate(const RunningMoments& moments, const Tensor& truth) {
  const Tensor deviation = moments.standard_deviation();
  require(truth, shape_of(deviation), placement_of(deviation), "calibrate: the truth");
  const double n = moments.count;
  Calibration out{.nominal = 0.9};
  out.factor = student_quantile(n - 1, 1 - out.nominal) * std::sqrt(1 + 1 / n);
  const Tensor held = at::le(at::abs(at::sub(truth, moments.mean)), at::mul(deviation, out.factor));
  const auto values = double(truth.numel());
  out.coverage = double(held.sum().item<std::int64_t>()) / values;
  out.mean_deviation = mean_value(deviation);
  out.rmse = std::sqrt(squared_distance(moments.mean, truth) / values);
  return out;
}

}  // namespace lvtino
