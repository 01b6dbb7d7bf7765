#pragma once

#include "priors/consistency_model.hpp"
#include "priors/network_source.hpp"
#include "priors/networks/sdxl_unet.hpp"
#include "priors/nn/recorded_pass.hpp"

namespace lvtino {

/// SDXL's U-net as DMD2 distils it (Yin et al., "Improved distribution matching distillation for
/// fast image synthesis", NeurIPS 2024): one step to the origin,
///
///   f(z_t, t) = (z_t - noise(t) epsilon(z_t, t)) / signal(t),
///
/// on latents [N, 4, T, h, w], each frame on its own. The network computes in `compute`, the step
/// itself in the latents' placement.
class SdxlModel final : public ConsistencyModel {
 public:
  /// The network and what it makes of the prompt.
  class Loaded {
   public:
    /// `records`: passes are recorded on a GPU (nn::RecordedPass).
    Loaded(std::shared_ptr<const nn::SdxlUnet> network, nn::SdxlContext context,
           bool records = false);
    Tensor time(double t) const { return network_->time(t, context_); }
    /// The noise in `latents` [M, 4, h, w].
    Tensor epsilon(const Tensor& latents, const Tensor& time) const {
      return epsilon_({latents, time});
    }

   private:
    std::shared_ptr<const nn::SdxlUnet> network_;
    nn::SdxlContext context_;
    nn::RecordedPass epsilon_;
  };
  /// `frames`: how many the network sees together, which decides the memory and not the result.
  SdxlModel(Shape domain, Placement placement, std::shared_ptr<const NoiseSchedule> schedule,
            NetworkSlot<Loaded> network, Placement compute, std::int64_t frames);

 private:
  Tensor do_origin(const Tensor& z_t, double t) const override;

  void do_prepare() const override { network_.get(); }

  NetworkSlot<Loaded> network_;
  Placement compute_;
  std::int64_t frames_;
};

}  // namespace lvtino
