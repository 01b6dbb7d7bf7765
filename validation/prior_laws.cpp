#include "validation/prior_laws.hpp"

#include <algorithm>
#include <cmath>

#include "lvtino/core/error.hpp"
#include "validation/heavy_tailed_laws.hpp"

namespace lvtino {
namespace {

double precision(const Placement& placement, double exact, double single) {
  return placement.dtype == at::kDouble ? exact : single;
}

LawReport report(const std::string& subject, const std::string& law, double residual, double bound,
                 const std::string& witness) {
  return {subject, law, residual, bound, residual <= bound, witness};
}

double relative_distance(const Tensor& a, const Tensor& b) {
  return std::sqrt(squared_distance(a, b) / std::max(inner_product(b, b), 1e-300));
}

GaussianModel reference(const ConsistencyModel& model, const GaussianLaw& law) {
  // Only its transform, mean and samples are used; the schedule is irrelevant.
  return GaussianModel(model.domain(), {at::kDouble, model.placement().device}, rectified_flow(),
                       law);
}

double noise_ratio(const NoiseSchedule& schedule, double t) {
  const double ratio = schedule.noise(t) / schedule.signal(t);
  if (!(ratio > 0) || !std::isfinite(ratio))
    throw NotSupportedError(
        text("consistency_along_flow: expected both noise and signal at t = ", t));
  return ratio;
}

// Carries the centred coefficients y - m from ratio r to ratio `end` along the flow.
Tensor follow_flow(Tensor y, const Tensor& variance, double r, double end) {
  constexpr int kSteps = 400;
  const double step = std::log(end / r) / kSteps;
  const auto slope = [&](const Tensor& at_y, double log_r) {
    const double squared = std::exp(2 * log_r);
    return at_y * (squared / (variance + squared));
  };
  for (int i = 0; i < kSteps; ++i) {
    const double now = std::log(r) + i * step;
    const Tensor k1 = slope(y, now);
    const Tensor k2 = slope(y + 0.5 * step * k1, now + 0.5 * step);
    const Tensor k3 = slope(y + 0.5 * step * k2, now + 0.5 * step);
    const Tensor k4 = slope(y + step * k3, now + step);
    y = y + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
  }
  return y;
}

}  // namespace

LawReport autoencoder_round_trip(const std::string& subject, const Autoencoder& coder,
                                 const Shape& pixels, const Placement& placement, const Rng& rng) {
  const Tensor x = rng.uniform(pixels, placement);
  const double residual = relative_distance(coder.decode(coder.encode(x)), x);
  return report(subject, "autoencoder round trip", residual, precision(placement, 1e-12, 1e-5),
                text("a uniform video ", to_string(pixels)));
}

LawReport autoencoder_isometry(const std::string& subject, const Autoencoder& coder, double scale,
                               const Shape& pixels, const Placement& placement, const Rng& rng) {
  const Tensor x = rng.fork("x").normal(pixels, placement);
  const Tensor y = rng.fork("y").normal(pixels, placement).add_(x);
  const Tensor zero = coder.encode(at::zeros_like(x));
  const Tensor z = coder.encode(x).sub_(zero), w = coder.encode(y).sub_(zero);
  const double wanted = scale * scale * inner_product(x, y);
  const double residual = std::max({std::abs(inner_product(z, w) / wanted - 1),
                                    std::abs(l2_norm(z) / (scale * l2_norm(x)) - 1),
                                    std::abs(l2_norm(w) / (scale * l2_norm(y)) - 1)});
  return report(subject, "autoencoder isometry", residual, precision(placement, 1e-12, 1e-5),
                text("two normal videos ", to_string(pixels)));
}

LawReport consistency_at_origin(const std::string& subject, const ConsistencyModel& model,
                                const Tensor& z_0) {
  const double t = model.schedule().t_min();
  const double signal = model.schedule().signal(t), noise = model.schedule().noise(t);
  const Tensor z = model.origin(at::mul(z_0, signal), t);
  const double size = std::max(l2_norm(z_0), 1e-300);
  const double slack = 2 * noise * std::sqrt(double(z_0.numel())) / size;
  return report(subject, "consistency at the origin", relative_distance(z, z_0),
                precision(model.placement(), 1e-12, 1e-5) + slack, text("t = ", t));
}

LawReport consistency_along_flow(const std::string& subject, const ConsistencyModel& model,
                                 const GaussianLaw& law, double s, double t, const Rng& rng) {
  const double r_s = noise_ratio(model.schedule(), s), r_t = noise_ratio(model.schedule(), t);
  const GaussianModel exact = reference(model, law);
  const Tensor m = exact.mean();
  const Tensor start = exact.sample(rng.fork("origin"))
                           .sub_(m)
                           .add_(rng.fork("noise").normal(model.domain(), exact.placement()), r_s);
  const auto at_time = [&](const Tensor& centred, double time) {
    const Tensor z = (exact.from_spectrum(centred) + m) * model.schedule().signal(time);
    return z.to(model.placement().dtype);
  };
  const Tensor begin = exact.spectrum(start);
  const Tensor end = follow_flow(begin, law.variance.to(exact.placement().device), r_s, r_t);
  const Tensor from_s = model.origin(at_time(begin, s), s);
  const Tensor from_t = model.origin(at_time(end, t), t);
  return report(subject, "consistency along the probability flow",
                relative_distance(from_t, from_s), precision(model.placement(), 1e-9, 1e-4),
                text("t = ", s, " and ", t));
}

LawReport sae_invariance(const Prior& prior, const GaussianLaw& law, double t, const Rng& rng) {
  const GaussianModel exact = reference(prior.model(), law);
  if (!(at::min(law.variance).item<double>() > 0))
    throw NotSupportedError("sae_invariance: expected positive variances");
  const Tensor x =
      prior.autoencoder().decode(exact.sample(rng.fork("law")).to(prior.placement().dtype));
  const Tensor u = stochastic_autoencode(prior, x, t, rng.fork("noise"));
  const Tensor z = prior.autoencoder().encode(u).to(at::kDouble).sub_(exact.mean());
  const Tensor scale = law.variance.to(z.device()).rsqrt();
  const std::int64_t draws = z.size(0);
  const Tensor k = (exact.spectrum(z) * scale).view({draws, -1});

  const double root = std::sqrt(double(draws));
  const Tensor means = at::abs(k.mean(at::IntArrayRef{0})) * root;
  // A variance deviates by sqrt(2 / draws), a covariance of independent ones by sqrt(1 / draws).
  const Tensor eye = at::eye(k.size(1), k.options());
  const Tensor moments =
      at::abs(at::matmul(k.t(), k) / double(draws) - eye) * root / (1 + (std::sqrt(2.0) - 1) * eye);
  const double mean = at::max(means).item<double>(), moment = at::max(moments).item<double>();
  const std::int64_t worst =
      (mean > moment ? at::argmax(means) : at::argmax(moments)).item<std::int64_t>();
  const std::string where = mean > moment ? text("mean of coefficient ", worst)
                                          : text("covariance of coefficients ", worst / k.size(1),
                                                 " and ", worst % k.size(1));
  return report(prior.name(), "stochastic autoencoding keeps the law", std::max(mean, moment), 5,
                text(where, " over ", draws, " draws at t = ", t));
}

std::vector<LawReport> prior_laws(const Prior& prior, const Rng& rng) {
  const Autoencoder& coder = prior.autoencoder();
  const Placement& placement = prior.placement();
  const Tensor x = rng.fork("video").uniform(prior.pixels(), placement);
  const double t = 0.5 * (prior.schedule().t_min() + prior.schedule().t_max());

  std::vector<LawReport> laws;
  if (coder.is_invertible())
    laws.push_back(autoencoder_round_trip(prior.name(), coder, prior.pixels(), placement,
                                          rng.fork("round trip")));
  if (const auto* block = dynamic_cast<const BlockAutoencoder*>(&coder))
    laws.push_back(autoencoder_isometry(prior.name(), coder, block->scale(), prior.pixels(),
                                        placement, rng.fork("isometry")));
  const auto* gaussian = dynamic_cast<const GaussianModel*>(&prior.model());
  const auto* heavy = dynamic_cast<const HeavyTailedModel*>(&prior.model());
  const Tensor z_0 = gaussian ? gaussian->sample(rng.fork("origin"))
                     : heavy  ? heavy->sample(rng.fork("origin"))
                              : coder.encode(x);
  laws.push_back(consistency_at_origin(prior.name(), prior.model(), z_0));
  if (gaussian)
    laws.push_back(consistency_along_flow(prior.name(), prior.model(), gaussian->law(), 0.5 * t, t,
                                          rng.fork("flow")));
  if (heavy) {
    laws.push_back(heavy_tailed_consistency(prior.name(), *heavy, *heavy, 0.5 * t, t, rng.fork("flow")));
    laws.push_back(heavy_tailed_invariance(prior.name(), *heavy, *heavy, t, rng.fork("invariance")));
  }
  const Tensor once = stochastic_autoencode(prior, x, t, rng.fork("draw"));
  const Tensor again = stochastic_autoencode(prior, x, t, rng.fork("draw"));
  laws.push_back(report(prior.name(), "stochastic autoencoding repeats",
                        at::equal(once, again) && count_non_finite(once) == 0 ? 0 : 1, 0,
                        text("a uniform video at t = ", t)));
  return laws;
}

}  // namespace lvtino
