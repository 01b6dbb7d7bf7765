#pragma once

#include "lvtino/core/rng.hpp"
#include "priors/heavy_tailed_model.hpp"
#include "validation/law.hpp"

namespace lvtino {

/// f(z_t, t) = f(z_s, s) = z_0 on one trajectory of the probability flow of `law`'s coefficients.
///
/// A few coefficients of every band are drawn at time s, the others are 0. At time t each lies
/// where the noisy law has the same share below (in one dimension the flow keeps it); the shares
/// come from a plain sum over exp(x) with erfc, and the points by bisection, so that the check owes
/// nothing to the model's quadrature and tables. The residual is the largest distance of the two
/// coefficients of f, and of that of time s from its own quantile, in units of deviation + |value|;
/// in float32 a hundredth of the largest coefficient is added to the unit.
/// Throws NotSupportedError unless both times have noise.
LawReport heavy_tailed_consistency(const std::string& subject, const ConsistencyModel& model,
                                   const HeavyTailedModel& law, double s, double t, const Rng& rng);

/// Noise and f leave the law invariant: if the coefficients of z_0 follow it, so do those of
/// f(signal z_0 + noise eps, t).
///
/// The residual is the largest of, over bands and luminance or opponent colours: the statistic
/// sqrt(n) D of Kolmogorov and Smirnov over its value at a confidence of 1 - 1e-6, and the
/// deviation of mean and (generalised Gaussians) of variance over 5 of their standard deviations;
/// of a band at most 2^17 coefficients are looked at. The bound is 1.
LawReport heavy_tailed_invariance(const std::string& subject, const ConsistencyModel& model,
                                  const HeavyTailedModel& law, double t, const Rng& rng);

}  // namespace lvtino
