#pragma once

#include "priors/memory_plan.hpp"
#include "priors/network_source.hpp"
#include "priors/networks/wan_transformer.hpp"
#include "priors/networks/wan_vae.hpp"
#include "priors/nn/recorded_pass.hpp"
#include "priors/prior.hpp"

namespace lvtino {

/// The causal video autoencoder of Wan 2.1: latents [N, 16, 1 + (T - 1) / 4, H / 8, W / 8].
class WanAutoencoder final : public Autoencoder, public PlannedMemory {
 public:
  WanAutoencoder(NetworkSlot<nn::WanVae> network, nn::WanVaeConfig config, nn::WanVaeWork work,
                 Placement compute, PlannedMemory memory);

  Shape latent_shape(const Shape& pixels) const override;
  Shape pixel_shape(const Shape& latent) const override;
  double scale() const override { return kUnitLatentScale; }
  bool is_invertible() const override { return false; }

 private:
  Tensor do_encode(const Tensor& x) const override;
  Tensor do_decode(const Tensor& z) const override;
  void do_prepare() const override { network_.get(); }

  NetworkSlot<nn::WanVae> network_;
  nn::WanVaeConfig config_;
  nn::WanVaeWork work_;
  Placement compute_;
};

/// CausVid (Yin et al., "From slow bidirectional to fast autoregressive video diffusion models",
/// CVPR 2025) in one step: f(z_t, t) = z_t - noise v(z_t, t) with the flow v of the transformer,
/// signal = 1 - noise.
class WanModel final : public ConsistencyModel {
 public:
  /// The network and what it makes of the prompt.
  class Loaded {
   public:
    /// `records`: passes are recorded on a GPU (nn::RecordedPass).
    Loaded(std::shared_ptr<const nn::WanTransformer> network, nn::WanContext context,
           bool records = false);
    nn::WanTime time(double t) const;
    /// The flow at `latent` [1, 16, F, h, w].
    Tensor flow(const Tensor& latent, const nn::WanTime& time) const {
      return flow_({latent, time.embedding, time.modulation});
    }

   private:
    std::shared_ptr<const nn::WanTransformer> network_;
    nn::WanContext context_;
    nn::RecordedPass flow_;
  };
  WanModel(Shape domain, Placement placement, std::shared_ptr<const NoiseSchedule> schedule,
           NetworkSlot<Loaded> network, Placement compute);

 private:
  Tensor do_origin(const Tensor& z_t, double t) const override;

  void do_prepare() const override { network_.get(); }

  NetworkSlot<Loaded> network_;
  Placement compute_;
};

/// Video prior `wan`: keys `transformer` and `vae` (each `weights`, `key`, `sha256`, `config`),
/// `prompt` (a file of --encode-prompt, or "random"), `schedule`, `device`, `precision`,
/// `residency` (resident, on_demand), `graphs`, `chunk` and `tile` (how much of a video the
/// autoencoder takes at a time), `memory_budget` (MB; residency, chunk and tile are chosen to fit
/// where they are not given). Throws SpecError, IoError.
std::shared_ptr<const Prior> read_wan_prior(const SpecReader& reader, const Shape& pixels,
                                            const Placement& placement);

}  // namespace lvtino
