#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace lvtino {

/// How much signal and how much noise a noisy latent holds at time t:
/// z_t = signal(t) z_0 + noise(t) eps, eps ~ N(0, I).
///
/// Times are those of the networks, in 0 .. 1000; the ratio noise / signal grows with t.
class NoiseSchedule {
 public:
  virtual ~NoiseSchedule() = default;

  /// Throws NotSupportedError unless t_min() <= t <= t_max(), as all functions of t do.
  double signal(double t) const;
  double noise(double t) const;

  /// The time at which noise / signal is `ratio` (on a grid of times: before the rounding to it).
  /// A spec that leaves t out gets it from the Langevin step delta: ratio^2 = 2 delta.
  /// Throws NotSupportedError if `ratio` is negative or larger than the schedule reaches.
  double t_of_ratio(double ratio) const;

  virtual double t_min() const = 0;
  virtual double t_max() const = 0;
  virtual std::string name() const = 0;

 private:
  virtual double do_signal(double t) const = 0;
  virtual double do_noise(double t) const = 0;
  virtual double do_t_of_ratio(double ratio) const = 0;
  void check(double t) const;
};

/// Variance-preserving: signal sqrt(abar), noise sqrt(1 - abar), abar_i the running product of
/// 1 - beta_j, j <= i, and sqrt(beta) linear from sqrt(beta_first) to sqrt(beta_last) over `steps`
/// entries (Rombach et al., "High-resolution image synthesis with latent diffusion models", CVPR
/// 2022). The defaults are those of SDXL.
///
/// abar is the table's at integers 0 .. steps - 1, 1 at t = -1, and log-linear between.
/// Throws NotSupportedError unless 0 < beta_first <= beta_last < 1 and steps >= 1.
std::shared_ptr<const NoiseSchedule> vp_scaled_linear(double beta_first = 0.00085,
                                                      double beta_last = 0.012,
                                                      std::int64_t steps = 1000);

/// Rectified flow: signal 1 - sigma, noise sigma (Liu, Gong and Liu, "Flow straight and fast", ICLR
/// 2023). Without `snap` sigma = t / 1000. With it sigma is the entry nearest to t / 1000 of the
/// grid of `steps` sigmas that the video networks are trained on: shift s / (1 + (shift - 1) s),
/// s = 1 - i / steps, i = 0 .. steps - 1. Wan 2.1 and CausVid use shift 8 and 1000 steps; the
/// grid's least noise is then 0.00794, so that t = 0 is not quite clean.
///
/// Throws NotSupportedError unless shift > 0 and steps >= 1.
std::shared_ptr<const NoiseSchedule> rectified_flow(bool snap = true, double shift = 8,
                                                    std::int64_t steps = 1000);

}  // namespace lvtino
