#pragma once

#include <string>
#include <vector>

#include "lvtino/core/rng.hpp"
#include "priors/gaussian_model.hpp"
#include "priors/prior.hpp"
#include "validation/law.hpp"

namespace lvtino {

// Bounds are those of float64, or of float32 where the subject's numbers are.

/// D(E(x)) = x on random videos.
LawReport autoencoder_round_trip(const std::string& subject, const Autoencoder& coder,
                                 const Shape& pixels, const Placement& placement, const Rng& rng);

/// <E(x) - E(0), E(y) - E(0)> = scale^2 <x, y>: the linear part of E is `scale` times an
/// orthonormal map.
LawReport autoencoder_isometry(const std::string& subject, const Autoencoder& coder, double scale,
                               const Shape& pixels, const Placement& placement, const Rng& rng);

/// f(signal z_0, t_min) = z_0. Where the schedule starts with some noise, f may move z_0 by twice
/// that noise.
LawReport consistency_at_origin(const std::string& subject, const ConsistencyModel& model,
                                const Tensor& z_0);

/// f(z_t, t) = f(z_s, s) for two points s < t of one trajectory of the probability flow of `law`.
///
/// With y = z / signal and r = noise / signal the flow is dy / d ln r = (y - m) r^2 / (c + r^2) on
/// each coefficient (Karras et al., "Elucidating the design space of diffusion-based generative
/// models", NeurIPS 2022, with the score of the law). It is integrated by the classical
/// Runge-Kutta method, so that the check owes nothing to the model's closed form.
/// Throws NotSupportedError unless both times have noise.
LawReport consistency_along_flow(const std::string& subject, const ConsistencyModel& model,
                                 const GaussianLaw& law, double s, double t, const Rng& rng);

/// Stochastic autoencoding leaves N(m, C) invariant: if the latent of x follows `law`, so does that
/// of SAE(x; t).
///
/// The samples n of the prior's shape [N, C, T, H, W] are independent draws; the law's variances
/// must be positive. The residual is the largest deviation of a mean, a variance or a covariance of
/// the DCT coefficients, in its own standard deviations; the bound is 5. Meant for thousands of
/// samples of a few dozen coefficients.
LawReport sae_invariance(const Prior& prior, const GaussianLaw& law, double t, const Rng& rng);

/// What holds for any prior, and what holds for a Gaussian or a
/// heavy-tailed one if it is one, at the prior's own
/// shape and placement.
std::vector<LawReport> prior_laws(const Prior& prior, const Rng& rng);

}  // namespace lvtino
