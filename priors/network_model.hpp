#pragma once

#include "lvtino/core/spec.hpp"
#include "priors/nn/consistency_network.hpp"
#include "priors/prior.hpp"

namespace lvtino {

/// A trained consistency network on latents [N, 3, T, H, W]: f(z_t, t) = D(z_t / signal; noise /
/// signal), each clip n on its own. Images are the case of a network that joins no frames.
class NetworkModel final : public ConsistencyModel {
 public:
  /// `compute`: float32 or bfloat16. `device`: where the network computes; latents come from and go
  /// back to the placement. Throws ShapeError unless the domain has three channels.
  NetworkModel(Shape domain, Placement placement, std::shared_ptr<const NoiseSchedule> schedule,
               const nn::ConsistencyNetwork& network, at::ScalarType compute,
               at::Device device = at::kCPU);

  const nn::ConsistencyNetwork& network() const { return network_; }

 private:
  Tensor do_origin(const Tensor& z_t, double t) const override;
  /// Keeps the activations of all layers until the pullback is dropped.
  Linearised do_linearised(const Tensor& z_t, double t) const override;
  /// z_t / signal through `network`, sample by sample.
  Tensor denoised(const nn::ConsistencyNetwork& network, const Tensor& z_t, double t) const;

  nn::ConsistencyNetwork network_;
  at::ScalarType compute_;
  at::Device device_;
};

/// Prior with the weights of a file that lvtino_train wrote, or the shipped ones: keys `weights`
/// (empty: those named `name` that ship with the toolkit), `schedule`, `device` (cpu, cuda),
/// `precision` (auto, float32, bfloat16) and `sha256` (of the weight file; checked if it is given,
/// told in the resolved spec). `joins_frames` is what the network must do. Throws SpecError,
/// IoError.
std::shared_ptr<const Prior> read_network_prior(const std::string& name, bool joins_frames,
                                                const SpecReader& reader, const Shape& pixels,
                                                const Placement& placement);

/// Where weights that ship with the toolkit lie: LVTINO_WEIGHTS (environment), the source tree, the
/// installed data folder; the first that has the file. Throws IoError naming all three.
std::string shipped_weights(const std::string& file);

}  // namespace lvtino
