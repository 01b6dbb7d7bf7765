#include "priors/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

class VariancePreserving final : public NoiseSchedule {
 public:
  VariancePreserving(double beta_first, double beta_last, std::int64_t steps) {
    if (!(beta_first > 0 && beta_first <= beta_last && beta_last < 1) || steps < 1)
      throw NotSupportedError(text("vp_scaled_linear: expected 0 < beta_first <= beta_last < 1 ",
                                   "and steps >= 1, got ", beta_first, ", ", beta_last, ", ",
                                   steps));
    const double first = std::sqrt(beta_first), last = std::sqrt(beta_last);
    const double gaps = std::max<double>(1, double(steps - 1));
    log_abar_ = {0};
    for (std::int64_t i = 0; i < steps; ++i) {
      const double root = first + (last - first) * double(i) / gaps;
      log_abar_.push_back(log_abar_.back() + std::log1p(-root * root));
    }
  }

  double t_min() const override { return -1; }
  double t_max() const override { return double(log_abar_.size()) - 2; }
  std::string name() const override { return "vp_scaled_linear"; }

 private:
  // Entry j of the table belongs to t = j - 1.
  double log_abar(double t) const {
    const double position = t + 1;
    const auto below = std::min(std::size_t(position), log_abar_.size() - 2);
    const double part = position - double(below);
    return (1 - part) * log_abar_[below] + part * log_abar_[below + 1];
  }

  double do_signal(double t) const override { return std::exp(0.5 * log_abar(t)); }
  double do_noise(double t) const override { return std::sqrt(-std::expm1(log_abar(t))); }

  // ratio^2 = (1 - abar) / abar, so abar = 1 / (1 + ratio^2).
  double do_t_of_ratio(double ratio) const override {
    const double wanted = -std::log1p(ratio * ratio);
    const auto above = std::lower_bound(log_abar_.begin() + 1, log_abar_.end(), wanted,
                                        [](double entry, double value) { return entry > value; });
    if (above == log_abar_.end()) return t_max() + 1;
    const double step = *(above - 1) - *above;
    return double(above - log_abar_.begin()) - 1 - (wanted - *above) / step;
  }

  std::vector<double> log_abar_;
};

class RectifiedFlow final : public NoiseSchedule {
 public:
  RectifiedFlow(bool snap, double shift, std::int64_t steps)
      : snap_(snap), shift_(shift), steps_(steps) {
    if (!(shift > 0) || steps < 1)
      throw NotSupportedError(
          text("rectified_flow: expected shift > 0 and steps >= 1, got ", shift, ", ", steps));
  }

  double t_min() const override { return 0; }
  double t_max() const override { return 1000; }
  std::string name() const override { return "rectified_flow"; }

 private:
  double grid_sigma(std::int64_t i) const {
    const double s = 1 - double(i) / double(steps_);
    return shift_ * s / (1 + (shift_ - 1) * s);
  }

  double sigma(double t) const {
    const double wanted = t / 1000;
    if (!snap_) return wanted;
    // Inverting the shift gives the index as a real number; the nearest entry is one of its two
    // neighbours.
    const double s = wanted / (shift_ - (shift_ - 1) * wanted);
    const auto index = std::int64_t(std::floor((1 - s) * double(steps_)));
    const double left = grid_sigma(std::clamp<std::int64_t>(index, 0, steps_ - 1));
    const double right = grid_sigma(std::clamp<std::int64_t>(index + 1, 0, steps_ - 1));
    return std::abs(left - wanted) <= std::abs(right - wanted) ? left : right;
  }

  double do_signal(double t) const override { return 1 - sigma(t); }
  double do_noise(double t) const override { return sigma(t); }
  double do_t_of_ratio(double ratio) const override { return 1000 * ratio / (1 + ratio); }

  bool snap_;
  double shift_;
  std::int64_t steps_;
};

}  // namespace

void NoiseSchedule::check(double t) const {
  if (!(t >= t_min() && t <= t_max()))
    throw NotSupportedError(
        text(name(), ": expected a time in [", t_min(), ", ", t_max(), "], got ", t));
}

double NoiseSchedule::signal(double t) const {
  check(t);
  return do_signal(t);
}

double NoiseSchedule::noise(double t) const {
  check(t);
  return do_noise(t);
}

double NoiseSchedule::t_of_ratio(double ratio) const {
  const double t = ratio >= 0 && std::isfinite(ratio) ? do_t_of_ratio(ratio) : t_max() + 1;
  if (t > t_max()) throw NotSupportedError(text(name(), ": no time has noise / signal = ", ratio));
  return std::max(t, t_min());
}

std::shared_ptr<const NoiseSchedule> vp_scaled_linear(double beta_first, double beta_last,
                                                      std::int64_t steps) {
  return std::make_shared<VariancePreserving>(beta_first, beta_last, steps);
}

std::shared_ptr<const NoiseSchedule> rectified_flow(bool snap, double shift, std::int64_t steps) {
  return std::make_shared<RectifiedFlow>(snap, shift, steps);
}

}  // namespace lvtino
