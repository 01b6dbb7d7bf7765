#pragma once

#include <memory>
#include <string>

#include "lvtino/core/rng.hpp"
#include "priors/autoencoder.hpp"
#include "priors/consistency_model.hpp"

namespace lvtino {

/// What Algorithm 1 knows of clean videos: an autoencoder and a consistency model of its latents.
/// Immutable, bound to one shape of videos and one placement.
class Prior {
 public:
  /// Throws ShapeError unless the model's domain is the autoencoder's latent of `pixels`.
  Prior(std::string name, Shape pixels, std::shared_ptr<const Autoencoder> autoencoder,
        std::shared_ptr<const ConsistencyModel> model);

  const std::string& name() const { return name_; }
  /// The shape [N, C, T, H, W] of its videos.
  const Shape& pixels() const { return pixels_; }
  const Placement& placement() const { return model_->placement(); }
  const Autoencoder& autoencoder() const { return *autoencoder_; }
  const ConsistencyModel& model() const { return *model_; }
  const NoiseSchedule& schedule() const { return model_->schedule(); }
  /// Loads what the first use would, so that what is wrong with a weight file is known before
  /// anything is computed. Throws IoError.
  void prepare() const;

 private:
  std::string name_;
  Shape pixels_;
  std::shared_ptr<const Autoencoder> autoencoder_;
  std::shared_ptr<const ConsistencyModel> model_;
};

/// Stochastic autoencoding, SAE(x; t), of arXiv 2510.01339: with z = E(x),
///
///   z_t = signal(t) z + temperature noise(t) eps,  eps ~ N(0, I);  the result is D(f(z_t, t)).
///
/// `x` has pixels in [0, 1]; nothing is clamped. eps is rng.normal on the latent's shape; a model
/// that draws gets rng.fork("model").
/// Temperature 1 is the paper's; 0 draws nothing (plug-and-play).
///
/// With a `frame_correlation` rho > 0 the noise of the frames of the latent is the stationary
/// process e_t = rho e_{t-1} + sqrt(1 - rho^2) eps_t of N(0, 1) marginals: the correlation of two
/// frames is rho^|s - t|, and 1 gives all frames the same noise. Each frame alone sees what it
/// would see without, so that a law of images stays invariant frame by frame.
/// Throws ShapeError / PlacementError unless `x` fits the prior, NotSupportedError if t is outside
/// the schedule or the temperature is negative or the correlation not in [0, 1].
Tensor stochastic_autoencode(const Prior& prior, const Tensor& x, double t, const Rng& rng,
                             double temperature = 1, double frame_correlation = 0);

/// The same with the adjoint of its derivative with respect to x, the noise held fixed: decoder, model and
/// encoder linearised, for samplers that guide by a gradient. Autoencoders of blocks only: they are affine, their derivatives
/// scale B' and B/scale. Throws NotSupportedError for another one or for a model without derivative.
Linearised linearised_autoencode(const Prior& prior, const Tensor& x, double t, const Rng& rng,
                                 double temperature = 1, double frame_correlation = 0);

}  // namespace lvtino
