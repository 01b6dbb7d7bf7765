#pragma once

#include "priors/consistency_model.hpp"
#include "priors/networks/sdxl_unet.hpp"

namespace lvtino {

/// SDXL's U-net as DMD2 distils it (Yin et al., "Improved distribution matching distillation for
/// fast image synthesis", NeurIPS 2024): one step to the origin,
///
///   f(z_t, t) = (z_t - noise(t) epsilon(z_t, t)) / signal(t),
///
/// on latents [N, 4, T, h, w], each frame on its own. The network computes in the dtype and on the
/// device of its weights, the step itself in the latents'.
class SdxlModel final : public ConsistencyModel {
 public:
  /// `context`: the network's for the prompt and size of all frames. `frames_at_once`: how many
  /// frames the network sees together, which decides the memory and not the result. Throws
  /// ShapeError.
  SdxlModel(Shape domain, Placement placement, std::shared_ptr<const NoiseSchedule> schedule,
            std::shared_ptr<const nn::SdxlUnet> network, nn::SdxlContext context,
            std::int64_t frames_at_once);

 private:
  Tensor do_origin(const Tensor& z_t, double t) const override;

  std::shared_ptr<const nn::SdxlUnet> network_;
  nn::SdxlContext context_;
  std::int64_t frames_at_once_;
};

}  // namespace lvtino
