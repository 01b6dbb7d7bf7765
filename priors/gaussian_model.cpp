#include "priors/gaussian_model.hpp"

#include <cmath>

#include "lvtino/core/axis_product.hpp"
#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

void require_law(const GaussianLaw& law, const Shape& domain) {
  if (domain.size() != 5 || element_count(domain) == 0)
    throw ShapeError(text("GaussianModel: expected a domain [N, C, T, H, W] with elements, got ",
                          to_string(domain)));
  const auto channels = domain[1], frames = domain[2];
  const Tensor& c = law.variance;
  if (!c.defined() || c.dim() != 4 || (c.size(0) != 1 && c.size(0) != channels) ||
      (c.size(1) != 1 && c.size(1) != frames) || c.size(2) != domain[3] || c.size(3) != domain[4])
    throw ShapeError(text("GaussianModel: expected variances [1 or ", channels, ", 1 or ", frames,
                          ", ", domain[3], ", ", domain[4], "], got ", describe(c)));
  require(c, shape_of(c), {at::kDouble, at::kCPU}, "GaussianModel: the variances");
  if (law.mean.size() != 1 && std::int64_t(law.mean.size()) != channels)
    throw ShapeError(
        text("GaussianModel: expected 1 or ", channels, " levels, got ", law.mean.size()));
  if (count_non_finite(c) || at::min(c).item<double>() < 0)
    throw NumericalError("GaussianModel: expected finite variances >= 0");
  for (double level : law.mean)
    if (!std::isfinite(level)) throw NumericalError("GaussianModel: expected finite levels");
}

}  // namespace

GaussianModel::GaussianModel(Shape domain, Placement placement,
                             std::shared_ptr<const NoiseSchedule> schedule, const GaussianLaw& law)
    : ConsistencyModel(std::move(domain), placement, std::move(schedule)), law_(law) {
  require_law(law, this->domain());
  if (placement.dtype != at::kFloat && placement.dtype != at::kDouble)
    throw PlacementError(
        text("GaussianModel: expected float32 or float64, got ", to_string(placement)));
  const std::int64_t frames = this->domain()[2], height = this->domain()[3],
                     width = this->domain()[4];
  joins_frames_ = frames > 1 && law.variance.size(1) > 1;
  unit_ = std::sqrt(double(height * width * (joins_frames_ ? frames : 1)));
  variance_ = law.variance.to(placement.options());
  dct_t_ = dct_matrix(frames, placement), idct_t_ = dct_t_.t().contiguous();
  dct_h_ = dct_matrix(height, placement), idct_h_ = dct_h_.t().contiguous();
  dct_w_ = dct_matrix(width, placement), idct_w_ = dct_w_.t().contiguous();
}

Tensor GaussianModel::spectrum(const Tensor& z) const {
  const Tensor plane = axis_product(dct_h_, axis_product(dct_w_, z, 4), 3);
  return joins_frames_ ? axis_product(dct_t_, plane, 2) : plane;
}

Tensor GaussianModel::from_spectrum(const Tensor& coefficients) const {
  const Tensor plane = joins_frames_ ? axis_product(idct_t_, coefficients, 2) : coefficients;
  return axis_product(idct_w_, axis_product(idct_h_, plane, 3), 4);
}

void GaussianModel::add_level(const Tensor& coefficients, const std::vector<double>& value) const {
  const Tensor constants = coefficients.select(4, 0).select(3, 0);  // [N, C, T]
  const Tensor affected = joins_frames_ ? constants.narrow(2, 0, 1) : constants;
  for (std::int64_t c = 0; c < domain()[1]; ++c)
    affected.select(1, c).add_(unit_ * value[value.size() == 1 ? 0 : std::size_t(c)]);
}

Tensor GaussianModel::mean() const {
  Tensor out = at::zeros(domain(), placement().options());
  add_level(out, law_.mean);
  return from_spectrum(out);
}

Tensor GaussianModel::gain(double t) const {
  const double signal = schedule().signal(t), noise = schedule().noise(t);
  return at::div(variance_, at::mul(variance_, signal * signal).add_(noise * noise)).sqrt_();
}

// The gain acts on z_t and on signal m alike, and m has one coefficient only: it is enough to add
// (1 - gain signal) m to that one.
Tensor GaussianModel::do_origin(const Tensor& z_t, double t) const {
  const double signal = schedule().signal(t), noise = schedule().noise(t);
  if (signal == 1 && noise == 0) return z_t.clone();
  Tensor z = spectrum(z_t).mul_(gain(t));
  const Tensor first = law_.variance.select(3, 0).select(2, 0).select(1, 0).contiguous();
  std::vector<double> shift;
  for (std::int64_t c = 0; c < domain()[1]; ++c) {
    const double variance = first.const_data_ptr<double>()[first.numel() == 1 ? 0 : c];
    const double m = law_.mean[law_.mean.size() == 1 ? 0 : std::size_t(c)];
    const double total = signal * signal * variance + noise * noise;
    shift.push_back((1 - signal * std::sqrt(variance / total)) * m);
  }
  add_level(z, shift);
  return from_spectrum(z);
}

// Affine and symmetric in the orthonormal basis.
Linearised GaussianModel::do_linearised(const Tensor& z_t, double t) const {
  const bool clean = schedule().signal(t) == 1 && schedule().noise(t) == 0;
  return {do_origin(z_t, t), [this, t, clean](const Tensor& w) {
            return clean ? w.clone() : from_spectrum(spectrum(w).mul_(gain(t)));
          }};
}

Tensor GaussianModel::covariance_apply(const Tensor& z) const {
  require(z, domain(), placement(), "covariance_apply");
  return from_spectrum(spectrum(z).mul_(variance_));
}

Tensor GaussianModel::sample(const Rng& rng) const {
  const Tensor z = rng.normal(domain(), placement()).mul_(variance_.sqrt());
  add_level(z, law_.mean);
  return from_spectrum(z);
}

}  // namespace lvtino
