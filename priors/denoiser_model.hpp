#pragma once

#include <functional>

#include "priors/autoencoder.hpp"
#include "priors/consistency_model.hpp"

namespace lvtino {

/// A denoiser of white Gaussian noise: approximates E[x | x + sigma eps] for images.
struct Denoiser {
  /// Clean images [M, C, H, W] of noisy ones, sigma in pixel units.
  std::function<Tensor(const Tensor& images, double sigma)> denoise;
  /// The largest sigma that it takes.
  double largest_sigma = 0;
};

/// The schedule as far as noise / signal is at most `largest_ratio`: t_max() is the last such time.
/// Throws NotSupportedError if there is none.
std::shared_ptr<const NoiseSchedule> limited(std::shared_ptr<const NoiseSchedule> schedule,
                                             double largest_ratio);

/// A denoiser in the place of a consistency function, frame by frame. With x = D(z_t / signal), the
/// noisy pixels,
///   f(z_t, t) = E(denoised(x; sigma)),   sigma = noise / (signal scale):
/// an orthonormal autoencoder leaves white noise white. This is the posterior mean E[z_0 | z_t], not
/// the origin of the flow's trajectory: for a Gaussian law of variance c its gain is c / (c + sigma^2)
/// where the flow's is the root of that, so that stochastic autoencoding smooths instead of leaving
/// the law as it is. At sigma = 0 it is the identity, whatever the denoiser says.
class DenoiserModel final : public ConsistencyModel {
 public:
  /// The schedule is cut where sigma reaches the denoiser's largest. Throws NotSupportedError if no
  /// time is left, ShapeError if the latent is not one of the autoencoder's.
  DenoiserModel(Shape domain, Placement placement, std::shared_ptr<const NoiseSchedule> schedule,
                std::shared_ptr<const BlockAutoencoder> autoencoder, Denoiser denoiser);

 private:
  Tensor do_origin(const Tensor& z_t, double t) const override;

  std::shared_ptr<const BlockAutoencoder> autoencoder_;
  Denoiser denoiser_;
};

}  // namespace lvtino
