#pragma once

#include "priors/memory_plan.hpp"
#include "priors/network_source.hpp"
#include "priors/networks/sdxl_vae.hpp"
#include "priors/prior.hpp"

namespace lvtino {

/// The image autoencoder of SDXL, frame by frame: latents [N, 4, T, H / 8, W / 8].
class SdxlAutoencoder final : public Autoencoder, public PlannedMemory {
 public:
  /// `frames`: how many at a time.
  SdxlAutoencoder(NetworkSlot<nn::SdxlVae> network, nn::SdxlVaeConfig config, Placement compute,
                  std::int64_t frames, PlannedMemory memory);

  Shape latent_shape(const Shape& pixels) const override;
  Shape pixel_shape(const Shape& latent) const override;
  double scale() const override { return kUnitLatentScale; }
  bool is_invertible() const override { return false; }

 private:
  Tensor do_encode(const Tensor& x) const override;
  Tensor do_decode(const Tensor& z) const override;
  void do_prepare() const override { network_.get(); }

  NetworkSlot<nn::SdxlVae> network_;
  nn::SdxlVaeConfig config_;
  Placement compute_;
  std::int64_t frames_;
};

/// Image prior `sdxl`: keys `unet` and `vae` (each `weights`, `key`, `sha256`, `config`), `prompt`
/// (a file of --encode-prompt, or "random"), `schedule`, `device`, `precision`, `residency`
/// (resident, on_demand), `frames` (a batch), `memory_budget` (MB; residency and frames are chosen
/// to fit where they are not given). Throws SpecError, IoError.
std::shared_ptr<const Prior> read_sdxl_prior(const SpecReader& reader, const Shape& pixels,
                                             const Placement& placement);

}  // namespace lvtino
