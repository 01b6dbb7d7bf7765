#include "operators/noise_model.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "operators/poisson.hpp"

namespace lvtino {
namespace {

constexpr std::int64_t kBlock = 1 << 14;

// Mean of f(value) over all values, in float64, summed block by block in a fixed order.
template <class F>
double mean_of(const Tensor& x, const F& f) {
  const Tensor flat = x.to(at::kDouble).contiguous();
  const double* const values = flat.const_data_ptr<double>();
  const std::int64_t count = flat.numel();
  return parallel_sum((count + kBlock - 1) / kBlock,
                      [&](std::int64_t block) {
                        double sum = 0;
                        const std::int64_t end = std::min(count, (block + 1) * kBlock);
                        for (std::int64_t i = block * kBlock; i < end; ++i) sum += f(values[i]);
                        return sum;
                      }) /
         double(count);
}

// out[i] = f(x[i], i), in float64, rounded once.
template <class F>
Tensor mapped(const Tensor& x, const F& f) {
  const Tensor out = x.to(at::kDouble, false, true).contiguous();
  double* const values = out.mutable_data_ptr<double>();
  parallel_for(out.numel(), 1024, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) values[i] = f(values[i], i);
  });
  return out;
}

// From the means of the second moment and of the variance of the squared residual.
NoisePower power_of(double mean_square, double mean_spread, std::int64_t count) {
  return {mean_square, std::sqrt(mean_spread / double(count))};
}

class GaussianNoise final : public NoiseModel {
 public:
  GaussianNoise(double sigma, std::optional<double> data_sigma)
      : NoiseModel("gaussian", data_sigma), sigma_(sigma) {
    if (!(sigma > 0) || !std::isfinite(sigma))
      throw NumericalError(text("gaussian noise: expected sigma > 0, got ", sigma));
  }
  std::string words() const override { return text("Gaussian noise of standard deviation ", sigma_); }
  Tensor draw(const Tensor& clean, const Rng& rng) const override {
    return clean.clone().add_(rng.normal(shape_of(clean), placement_of(clean)), sigma_);
  }
  NoisePower power(const Tensor& clean) const override {
    const double v = sigma_ * sigma_;
    return power_of(v, 2 * v * v, clean.numel());
  }

 private:
  double mean_square_from(const Tensor&) const override { return sigma_ * sigma_; }

  double sigma_;
};

class PoissonNoise final : public NoiseModel {
 public:
  PoissonNoise(double peak, double sigma, std::optional<double> data_sigma)
      : NoiseModel(sigma > 0 ? "poisson_gaussian" : "poisson", data_sigma), peak_(peak), sigma_(sigma) {
    if (!(peak > 0) || !std::isfinite(peak) || !(sigma >= 0) || !std::isfinite(sigma))
      throw NumericalError(text("Poisson noise: expected peak > 0 and sigma >= 0, got ", peak, " and ", sigma));
  }
  std::string words() const override {
    const std::string photons = text("Poisson noise of ", peak_, " photons at white");
    return sigma_ > 0 ? text(photons, " and Gaussian noise of standard deviation ", sigma_) : photons;
  }
  Tensor draw(const Tensor& clean, const Rng& rng) const override {
    const PoissonSampler photons(rng.fork("photons"));
    Tensor y = mapped(clean, [&](double v, std::int64_t i) {
      return photons.draw(peak_ * std::max(v, 0.0), i) / peak_;
    });
    if (sigma_ > 0) y.add_(rng.fork("read").normal(shape_of(y), placement_of(y)), sigma_);
    return y.to(clean.scalar_type());
  }
  // Below black no photon comes: y - v is -v, without spread. The fourth cumulant of K is its mean.
  NoisePower power(const Tensor& clean) const override {
    const double read = sigma_ * sigma_;
    const double mean_square = mean_of(clean, [&](double v) {
      return v > 0 ? v / peak_ + read : v * v + read;
    });
    const double spread = mean_of(clean, [&](double v) {
      const double variance = std::max(v, 0.0) / peak_ + read;
      const double shift = std::min(v, 0.0);
      return std::max(v, 0.0) / std::pow(peak_, 3) + 2 * variance * variance +
             4 * shift * shift * read;
    });
    return power_of(mean_square, spread, clean.numel());
  }

 private:
  double mean_square_from(const Tensor& y) const override {
    return std::max(mean_value(y), 0.0) / peak_ + sigma_ * sigma_;
  }

  double peak_, sigma_;
};

class ImpulseNoise final : public NoiseModel {
 public:
  ImpulseNoise(double probability, std::optional<double> data_sigma)
      : NoiseModel("impulse", data_sigma), probability_(probability) {
    if (!(probability > 0 && probability < 1))
      throw NumericalError(text("impulse noise: expected a probability in (0, 1), got ", probability));
  }
  std::string words() const override {
    return text("impulse noise (salt and pepper) of probability ", probability_);
  }
  Tensor draw(const Tensor& clean, const Rng& rng) const override {
    const Tensor u = rng.fork("impulses").uniform(shape_of(clean), {at::kDouble, at::kCPU});
    const double* const at = u.const_data_ptr<double>();
    return mapped(clean, [&](double v, std::int64_t i) {
             return at[i] < probability_ / 2 ? 0.0 : at[i] > 1 - probability_ / 2 ? 1.0 : v;
           }).to(clean.scalar_type());
  }
  NoisePower power(const Tensor& clean) const override {
    const double half = probability_ / 2;
    const auto second = [=](double v) { return half * (v * v + (1 - v) * (1 - v)); };
    const double spread = mean_of(clean, [&](double v) {
      const double fourth = half * (std::pow(v, 4) + std::pow(1 - v, 4));
      return fourth - second(v) * second(v);
    });
    return power_of(mean_of(clean, second), spread, clean.numel());
  }

 private:
  double mean_square_from(const Tensor& y) const override {
    const double seen = mean_of(y, [](double v) { return v * v + (1 - v) * (1 - v); });
    return probability_ / 2 * std::max(0.5, (seen - probability_) / (1 - probability_));
  }

  double probability_;
};

}  // namespace

double NoiseModel::data_sigma(const Tensor& y) const {
  return data_sigma_ ? *data_sigma_ : std::sqrt(mean_square_from(y));
}

NoisePtr gaussian_noise(double sigma, std::optional<double> data_sigma) {
  return std::make_shared<GaussianNoise>(sigma, data_sigma);
}

NoisePtr poisson_noise(double peak, double sigma, std::optional<double> data_sigma) {
  return std::make_shared<PoissonNoise>(peak, sigma, data_sigma);
}

NoisePtr impulse_noise(double probability, std::optional<double> data_sigma) {
  return std::make_shared<ImpulseNoise>(probability, data_sigma);
}

Measurement simulate(const OperatorPtr& a, const Tensor& x, const NoiseModel& noise, const Rng& rng) {
  Tensor y = noise.draw(a->apply(x), rng);
  const double sigma = noise.data_sigma(y);
  return Measurement(a, std::move(y), sigma);
}

}  // namespace lvtino
