#include "priors/sdxl_model.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino {

SdxlModel::SdxlModel(Shape domain, Placement placement,
                     std::shared_ptr<const NoiseSchedule> schedule,
                     std::shared_ptr<const nn::SdxlUnet> network, nn::SdxlContext context,
                     std::int64_t frames_at_once)
    : ConsistencyModel(std::move(domain), placement, std::move(schedule)),
      network_(std::move(network)),
      context_(std::move(context)),
      frames_at_once_(frames_at_once) {
  const nn::SdxlUnetConfig& config = network_->config();
  if (config.in_channels != config.out_channels || this->domain().size() != 5 ||
      this->domain()[1] != config.in_channels)
    throw ShapeError(text("sdxl: expected latents [N, ", config.in_channels, ", T, h, w] and ",
                          config.in_channels, " channels of noise, got ", to_string(this->domain()),
                          " and ", config.out_channels));
  if (frames_at_once < 1)
    throw ShapeError(text("sdxl: expected at least one frame at a time, got ", frames_at_once));
}

Tensor SdxlModel::do_origin(const Tensor& z_t, double t) const {
  const double signal = schedule().signal(t), noise = schedule().noise(t);
  if (!(signal > 0)) throw NotSupportedError(text("sdxl: t = ", t, " leaves no signal"));
  Tensor out = at::empty(z_t.sizes(), z_t.options());
  for (std::int64_t n = 0; n < z_t.size(0); ++n)
    for (std::int64_t first = 0; first < z_t.size(2); first += frames_at_once_) {
      const std::int64_t count = std::min(frames_at_once_, z_t.size(2) - first);
      const Tensor part = z_t[n].narrow(1, first, count).transpose(0, 1);
      const Tensor epsilon =
          network_->epsilon(part.to(network_->placement().options()).contiguous(), t, context_);
      const Tensor clean = (part - epsilon.to(z_t.options()) * noise) / signal;
      out[n].narrow(1, first, count).copy_(clean.transpose(0, 1));
    }
  return out;
}

}  // namespace lvtino
