#pragma once

#include <memory>
#include <vector>

#include "lvtino/core/rng.hpp"
#include "priors/consistency_model.hpp"

namespace lvtino {

/// N(m, C) over latents [N, C, T, H, W]: samples n and channels c are independent, m is one level a
/// channel, C is diagonal in an orthonormal DCT-II.
struct GaussianLaw {
  /// One number, or one a channel.
  std::vector<double> mean;
  /// Variance of each DCT coefficient, >= 0: [1 or C, T, H, W] for the transform over t, h and w (a
  /// law of whole videos), or [1 or C, 1, H, W] for the transform over h and w (a law of images;
  /// the frames of a video are independent then). float64 on the CPU.
  Tensor variance;
};

/// The exact consistency function of a Gaussian law. On each DCT coefficient of variance c
///
///   f(z_t) = m + sqrt(c / (signal^2 c + noise^2)) (z_t - signal m):
///
/// the probability flow keeps (z_t - signal m) / sqrt(signal^2 c + noise^2) constant. It maps the
/// noisy law to the clean one, so stochastic autoencoding leaves N(m, C) invariant.
class GaussianModel final : public ConsistencyModel {
 public:
  /// Throws ShapeError if the law does not fit `domain`, PlacementError unless `placement` is
  /// float32 or float64, NumericalError if a variance is negative or not finite.
  GaussianModel(Shape domain, Placement placement, std::shared_ptr<const NoiseSchedule> schedule,
                const GaussianLaw& law);

  const GaussianLaw& law() const { return law_; }
  /// True if the law knows time: T > 1 and the frames are not independent.
  bool joins_frames() const { return joins_frames_; }

  /// The DCT coefficients of a latent, over (t, h, w) or (h, w) as the law says, and back.
  Tensor spectrum(const Tensor& z) const;
  Tensor from_spectrum(const Tensor& coefficients) const;

  /// m as a latent.
  Tensor mean() const;
  /// C z.
  Tensor covariance_apply(const Tensor& z) const;
  /// m + C^{1/2} eps, eps = rng.normal.
  Tensor sample(const Rng& rng) const;

 private:
  Tensor do_origin(const Tensor& z_t, double t) const override;
  Linearised do_linearised(const Tensor& z_t, double t) const override;
  /// sqrt(c / (signal^2 c + noise^2)) of every coefficient.
  Tensor gain(double t) const;
  /// Adds value[c] to the coefficients of the constant latents.
  void add_level(const Tensor& coefficients, const std::vector<double>& value) const;

  GaussianLaw law_;
  bool joins_frames_;
  double unit_;      ///< the coefficient of a constant latent of value 1
  Tensor variance_;  ///< law_.variance, where the latents live
  Tensor dct_t_, dct_h_, dct_w_, idct_t_, idct_h_, idct_w_;
};

}  // namespace lvtino
