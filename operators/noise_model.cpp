#include "operators/noise_model.hpp"

#include <c10/util/BFloat16.h>

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

// Moments of y - v for one clean value v.
struct Moments {
  double second, fourth;
};

double normal_below(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

// The neighbour of a bfloat16 number away from (up) or towards zero.
double neighbour(double value, bool up) {
  c10::BFloat16 number{float(value)};
  number.x = std::uint16_t(number.x + (up ? 1 : -1));
  return double(float(number));
}

// Step from |v|, rounded, to the next bfloat16 number.
double spacing_at(double v) {
  const double at = std::abs(rounded(v, Rounding::bfloat16));
  return neighbour(at, true) - at;
}

// Where sigma exceeds the spacing, rounding adds its own uniform error to the noise (to 1e-8: the Fourier
// coefficients of a Gaussian on the grid); else the cells around v are few and their odds are summed. There sigma
// is below |v| 2^-7, so that 7 sigma do not reach zero. That sigma eps is rounded before the sum moves the odds of a
// cell by 2^-9 of the density at its borders, to either side alike: left out.
Moments rounded_moments(double v, double sigma) {
  const double at = std::abs(rounded(v, Rounding::bfloat16)), shift = at - std::abs(v);
  const double spacing = spacing_at(v);
  if (sigma >= spacing) {
    const double s2 = sigma * sigma + spacing * spacing / 12;
    return {s2 + shift * shift, 3 * s2 * s2 + 6 * s2 * shift * shift + std::pow(shift, 4)};
  }
  Moments out{0, 0};
  const auto add = [&](double value, double low, double high) {
    const double odds = normal_below((high - at) / sigma) - normal_below((low - at) / sigma);
    const double square = (value - std::abs(v)) * (value - std::abs(v));
    out.second += odds * square, out.fourth += odds * square * square;
  };
  const auto middle = [](double a, double b) { return 0.5 * (a + b); };
  add(at, middle(at, neighbour(at, false)), middle(at, neighbour(at, true)));
  for (const bool up : {true, false})
    for (double value = neighbour(at, up); std::abs(value - at) < 7 * sigma + spacing; value = neighbour(value, up)) {
      const double next = neighbour(value, up), before = neighbour(value, !up);
      add(value, std::min(middle(value, next), middle(value, before)), std::max(middle(value, next), middle(value, before)));
    }
  return out;
}

class RoundedGaussianNoise final : public NoiseModel {
 public:
  RoundedGaussianNoise(double sigma, Rounding rounding, std::optional<double> data_sigma)
      : NoiseModel("gaussian", data_sigma), sigma_(sigma), rounding_(rounding) {
    if (!(sigma > 0) || !std::isfinite(sigma))
      throw NumericalError(text("gaussian noise: expected sigma > 0, got ", sigma));
  }
  std::string words() const override {
    return text("Gaussian noise of standard deviation ", sigma_, " added in bfloat16");
  }
  Tensor draw(const Tensor& clean, const Rng& rng) const override {
    const Tensor noise = rounded(rng.normal(shape_of(clean), placement_of(clean)).mul_(sigma_), rounding_);
    return rounded(rounded(clean, rounding_).add(noise), rounding_);
  }
  NoisePower power(const Tensor& clean) const override {
    const double spread = mean_of(clean, [&](double v) {
      const Moments m = rounded_moments(v, sigma_);
      return m.fourth - m.second * m.second;
    });
    return power_of(mean_of(clean, [&](double v) { return rounded_moments(v, sigma_).second; }), spread, clean.numel());
  }

 private:
  // y is on the grid; what A x lost when it got there is uniform.
  double mean_square_from(const Tensor& y) const override {
    return mean_of(y, [&](double v) { return rounded_moments(v, sigma_).second + std::pow(spacing_at(v), 2) / 12; });
  }

  double sigma_;
  Rounding rounding_;
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

NoisePtr rounded_gaussian_noise(double sigma, Rounding rounding, std::optional<double> data_sigma) {
  if (rounding == Rounding::none) return gaussian_noise(sigma, data_sigma);
  return std::make_shared<RoundedGaussianNoise>(sigma, rounding, data_sigma);
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
