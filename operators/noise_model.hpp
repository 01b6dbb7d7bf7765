#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lvtino/core/rng.hpp"
#include "lvtino/core/rounding.hpp"
#include "operators/measurement.hpp"

namespace lvtino {

/// What noise does to a given A x: the mean over all values of E (y - A x)^2, and the standard error of
/// the mean of the squared residuals of one draw.
struct NoisePower {
  double mean_square;
  double standard_error;
};

/// How a measurement strays from A x. Values are in pixel units, 0 black, 1 white. Draws are functions
/// of the Rng's address and of the clean value alone: the same for any number of threads.
///
/// Whatever the noise, the data term of a restoration stays g(x) = |A x - y|^2 / (2 sigma^2), with
/// sigma = `data_sigma`: a number of the spec, or else the root mean square of the noise.
class NoiseModel {
 public:
  virtual ~NoiseModel() = default;

  /// "gaussian", "poisson", ...
  const std::string& name() const { return name_; }
  /// One line for the report.
  virtual std::string words() const = 0;
  /// y for a given A x (float32 or float64 on the CPU), computed in float64 and rounded once where the
  /// noise is not Gaussian. Throws NumericalError for rates that are none.
  virtual Tensor draw(const Tensor& clean, const Rng& rng) const = 0;
  virtual NoisePower power(const Tensor& clean) const = 0;

  /// sigma of the data term for this measurement; it needs no truth. May be 0 where the noise vanishes.
  double data_sigma(const Tensor& y) const;

 protected:
  /// `data_sigma`: what the spec says of it, if it does.
  NoiseModel(std::string name, std::optional<double> data_sigma)
      : name_(std::move(name)), data_sigma_(data_sigma) {}

 private:
  /// Estimate of the mean square of the noise from y alone.
  virtual double mean_square_from(const Tensor& y) const = 0;

  std::string name_;
  std::optional<double> data_sigma_;
};

using NoisePtr = std::shared_ptr<const NoiseModel>;

/// y = A x + sigma eps. sigma > 0.
NoisePtr gaussian_noise(double sigma, std::optional<double> data_sigma = {});

/// The measurement noise of the published code of LVTINO, which adds it in a narrow type: y = r(r(A x) +
/// r(sigma eps)), r the rounding. In bfloat16 numbers in [0.5, 1) are 2^-8 apart, so that noise of
/// sigma = 0.001 leaves 95 % of them where they are, and most of the error is rounding. The power says so.
/// `rounding` none is `gaussian_noise`.
NoisePtr rounded_gaussian_noise(double sigma, Rounding rounding, std::optional<double> data_sigma = {});

/// y = K / peak + sigma eps with K ~ Poisson(peak max(A x, 0)) photons, `peak` > 0 of them at white, and
/// Gaussian read noise sigma >= 0 (0: pure Poisson). Its variance is max(A x, 0) / peak + sigma^2; from
/// y alone its mean is estimated by max(mean y, 0) / peak + sigma^2.
NoisePtr poisson_noise(double peak, double sigma, std::optional<double> data_sigma = {});

/// Salt and pepper: each value is replaced with probability p in (0, 1), by 0 or 1 with equal odds.
/// The mean square is p (v^2 + (1-v)^2) / 2 at v = A x; from y alone its mean q over v is estimated by
/// q = max(1/2, (mean of y^2 + (1-y)^2 - p) / (1 - p)).
NoisePtr impulse_noise(double probability, std::optional<double> data_sigma = {});

/// y drawn from A x by the noise, with sigma = data_sigma(y).
Measurement simulate(const OperatorPtr& a, const Tensor& x, const NoiseModel& noise, const Rng& rng);

}  // namespace lvtino
