#include "priors/sdxl_model.hpp"

#include "lvtino/core/error.hpp"
#include "priors/frame_batches.hpp"

namespace lvtino {

SdxlModel::Loaded::Loaded(std::shared_ptr<const nn::SdxlUnet> network, nn::SdxlContext context,
                          bool records)
    : network_(std::move(network)),
      context_(std::move(context)),
      epsilon_(
          [this](const std::vector<Tensor>& x) { return network_->epsilon(x[0], x[1], context_); },
          records) {}

SdxlModel::SdxlModel(Shape domain, Placement placement,
                     std::shared_ptr<const NoiseSchedule> schedule, NetworkSlot<Loaded> network,
                     Placement compute, std::int64_t frames)
    : ConsistencyModel(std::move(domain), placement, std::move(schedule)),
      network_(std::move(network)),
      compute_(compute),
      frames_(frames) {
  if (this->domain().size() != 5 || frames < 1)
    throw ShapeError(
        text("sdxl: expected latents [N, C, T, h, w] and at least one frame at a time, got ",
             to_string(this->domain()), " and ", frames));
}

Tensor SdxlModel::do_origin(const Tensor& z_t, double t) const {
  const double signal = schedule().signal(t), noise = schedule().noise(t);
  if (!(signal > 0)) throw NotSupportedError(text("sdxl: t = ", t, " leaves no signal"));
  const auto loaded = network_.get();
  const Tensor time = loaded->time(t);
  const Tensor epsilon = map_frames(z_t, frames_, compute_, [&](const Tensor& latents) {
    return loaded->epsilon(latents, time);
  });
  return at::sub(z_t, epsilon, noise).div_(signal);
}

}  // namespace lvtino
