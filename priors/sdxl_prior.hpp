#pragma once

#include "priors/network_source.hpp"
#include "priors/networks/sdxl_unet.hpp"
#include "priors/networks/sdxl_vae.hpp"
#include "priors/prior.hpp"

namespace lvtino {

/// The image autoencoder of SDXL, frame by frame: latents [N, 4, T, H / 8, W / 8].
class SdxlAutoencoder final : public Autoencoder {
 public:
  /// `frames`: how many at a time.
  SdxlAutoencoder(NetworkSlot<nn::SdxlVae> network, nn::SdxlVaeConfig config, Placement compute,
                  std::int64_t frames);

  Shape latent_shape(const Shape& pixels) const override;
  Shape pixel_shape(const Shape& latent) const override;
  double scale() const override { return kUnitLatentScale; }

 private:
  Tensor do_encode(const Tensor& x) const override;
  Tensor do_decode(const Tensor& z) const override;
  void do_prepare() const override { network_.get(); }

  NetworkSlot<nn::SdxlVae> network_;
  nn::SdxlVaeConfig config_;
  Placement compute_;
  std::int64_t frames_;
};

/// The one-step generator of DMD2 (Yin et al., "Improved distribution matching distillation for
/// fast image synthesis", NeurIPS 2024), frame by frame: f(z_t, t) = (z_t - noise eps(z_t, t)) /
/// signal with the noise eps that the network sees.
class SdxlModel final : public ConsistencyModel {
 public:
  /// The network and what it makes of the prompt.
  struct Loaded {
    std::shared_ptr<const nn::SdxlUnet> network;
    nn::SdxlContext context;
  };
  SdxlModel(Shape domain, Placement placement, std::shared_ptr<const NoiseSchedule> schedule,
            NetworkSlot<Loaded> network, Placement compute, std::int64_t frames);

 private:
  Tensor do_origin(const Tensor& z_t, double t) const override;

  void do_prepare() const override { network_.get(); }

  NetworkSlot<Loaded> network_;
  Placement compute_;
  std::int64_t frames_;
};

/// Image prior `sdxl`: keys `unet` and `vae` (each `weights`, `key`, `sha256`, `config`), `prompt`
/// (a file of --encode-prompt, or "random"), `schedule`, `device`, `precision`, `residency`
/// (resident, on_demand), `frames` (a batch). Throws SpecError, IoError.
std::shared_ptr<const Prior> read_sdxl_prior(const SpecReader& reader, const Shape& pixels,
                                             const Placement& placement);

}  // namespace lvtino
