#include "priors/sdxl_prior.hpp"

#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "priors/frame_batches.hpp"
#include "priors/prompt_file.hpp"
#include "priors/sdxl_model.hpp"
#include "priors/table.hpp"

namespace lvtino {

SdxlAutoencoder::SdxlAutoencoder(NetworkSlot<nn::SdxlVae> network, nn::SdxlVaeConfig config,
                                 Placement compute, std::int64_t frames)
    : network_(std::move(network)),
      config_(std::move(config)),
      compute_(compute),
      frames_(frames) {}

Shape SdxlAutoencoder::latent_shape(const Shape& p) const {
  const std::int64_t factor = config_.factor();
  if (p.size() != 5 || p[1] != config_.in_channels || p[3] % factor != 0 || p[4] % factor != 0)
    throw ShapeError(text("prior sdxl: expected videos [N, ", config_.in_channels,
                          ", T, H, W] with H and W multiples of ", factor, ", got ", to_string(p)));
  return {p[0], config_.latent_channels, p[2], p[3] / factor, p[4] / factor};
}

Shape SdxlAutoencoder::pixel_shape(const Shape& z) const {
  if (z.size() != 5 || z[1] != config_.latent_channels)
    throw ShapeError(text("prior sdxl: expected latents [N, ", config_.latent_channels,
                          ", T, h, w], got ", to_string(z)));
  return {z[0], config_.out_channels, z[2], z[3] * config_.factor(), z[4] * config_.factor()};
}

Tensor SdxlAutoencoder::do_encode(const Tensor& x) const {
  const auto network = network_.get();
  return map_frames(x, frames_, compute_, [&](const Tensor& images) {
    return network->encode(at::sub(at::mul(images, 2), 1));
  });
}

Tensor SdxlAutoencoder::do_decode(const Tensor& z) const {
  const auto network = network_.get();
  return map_frames(z, frames_, compute_,
                    [&](const Tensor& latents) { return network->decode(latents); })
      .add_(1)
      .div_(2);
}

std::shared_ptr<const Prior> read_sdxl_prior(const SpecReader& reader, const Shape& pixels,
                                             const Placement& placement) {
  const Placement compute = read_network_placement(reader, "float16");
  const bool resident = read_residency(reader);
  const std::int64_t frames = reader.integer(
      "frames",
      {.doc = "frames that the networks take at a time", .fallback = 5, .low = 1, .high = 4096});
  const auto schedule = schedule_table().make(
      reader.child("schedule", "signal and noise over time", {{"type", "vp_scaled_linear"}}));

  const SpecReader vae = reader.child("vae", "the image autoencoder");
  const nn::SdxlVaeConfig vae_config =
      nn::read_sdxl_vae_config(vae.child("config", "extents of the network", Json::object()));
  const NetworkSource vae_source(vae, nn::sdxl_vae_architecture(), compute);
  const auto coder = std::make_shared<SdxlAutoencoder>(
      NetworkSlot<nn::SdxlVae>(
          [vae_source, vae_config] { return vae_source.make<nn::SdxlVae>(vae_config); }, resident),
      vae_config, compute, frames);

  const SpecReader unet = reader.child("unet", "the denoising network");
  const nn::SdxlUnetConfig config =
      nn::read_sdxl_unet_config(unet.child("config", "extents of the network", Json::object()));
  const NetworkSource source(unet, nn::sdxl_unet_architecture(), compute);
  const auto height = double(pixels.at(3)), width = double(pixels.at(4));
  const PromptSource prompt(reader);
  const auto load = [=] {
    auto network = source.make<nn::SdxlUnet>(config);
    nn::SdxlContext context = network->context(
        {.embeddings =
             prompt.read("embeddings", {1, kAnyLength, config.cross_attention_dim}, compute),
         .pooled = prompt.read("pooled", {1, config.pooled_features()}, compute),
         .time_ids =
             at::tensor(std::vector<double>{height, width, 0, 0, height, width}, at::kDouble)
                 .view({1, 6})
                 .to(compute.options())});
    return std::make_shared<const SdxlModel::Loaded>(
        SdxlModel::Loaded{std::move(network), std::move(context)});
  };
  return std::make_shared<Prior>(
      "sdxl", pixels, coder,
      std::make_shared<SdxlModel>(coder->latent_shape(pixels), placement, schedule,
                                  NetworkSlot<SdxlModel::Loaded>(load, resident), compute, frames));
}

}  // namespace lvtino
