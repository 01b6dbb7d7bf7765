#pragma once

#include "solvers/total_variation.hpp"

/// The fused passes of solvers/tv_kernels.hpp on tensors, for the dtype at hand.
namespace lvtino {

/// q = proj(q + step K(x + theta (x - previous))).
void tv_dual_step(const TotalVariation& tv, const Tensor& x, const Tensor& previous, double theta,
                  double step, const TvDual& q);

/// Both steps of an iteration in one sweep, relaxed by rho (kernels::tv_primal_dual_step).
void tv_primal_dual_step(const TotalVariation& tv, Tensor& x, Tensor& state, double theta, double step,
                         double relaxation, const Tensor& u, double a, double b, double c, const TvDual& q);

/// The same from x = state = u and q = 0, whatever they hold.
void tv_first_step(const TotalVariation& tv, const Tensor& u, double step, double relaxation, double a, double b,
                   double c, const TvDual& q, Tensor& x, Tensor& state);

/// out = a x + b u - c K'q; returns <K'q, u> - gamma/2 |K'q|^2. `x` may be undefined where a is 0.
double tv_primal_step(const TotalVariation& tv, const Tensor& x, double a, const Tensor& u, double b,
                      double c, const TvDual& q, double gamma, Tensor& out);
/// <K'q, u> - gamma/2 |K'q|^2 alone.
double tv_dual_value(const TotalVariation& tv, const Tensor& u, const TvDual& q, double gamma);

/// phi(x) and |x - u|^2.
kernels::TvValue tv_value(const TotalVariation& tv, const Tensor& x, const Tensor& u);

/// q = K x / sqrt(|K x|^2 + mu^2), the gradient of the smoothed |.| at K x: inside the ball.
void tv_smoothed_field(const TotalVariation& tv, const Tensor& x, double mu, const TvDual& q);

}  // namespace lvtino
