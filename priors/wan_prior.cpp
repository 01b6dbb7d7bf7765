#include "priors/wan_prior.hpp"

#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "priors/prompt_file.hpp"
#include "priors/table.hpp"

namespace lvtino {
namespace {

constexpr std::int64_t kSpace = 8, kTime = 4;  // pixels and frames a latent sample
constexpr std::int64_t kColors = 3;

}  // namespace

WanAutoencoder::WanAutoencoder(NetworkSlot<nn::WanVae> network, nn::WanVaeConfig config,
                               nn::WanVaeWork work, Placement compute)
    : network_(std::move(network)), config_(std::move(config)), work_(work), compute_(compute) {}

Shape WanAutoencoder::latent_shape(const Shape& p) const {
  if (p.size() != 5 || p[1] != kColors || p[2] % kTime != 1 || p[3] % kSpace != 0 ||
      p[4] % kSpace != 0)
    throw ShapeError(
        text("prior wan: expected videos [N, 3, 1 + 4 n, H, W] with H and W multiples of ", kSpace,
             ", got ", to_string(p)));
  return {p[0], config_.channels, 1 + (p[2] - 1) / kTime, p[3] / kSpace, p[4] / kSpace};
}

Shape WanAutoencoder::pixel_shape(const Shape& z) const {
  if (z.size() != 5 || z[1] != config_.channels)
    throw ShapeError(text("prior wan: expected latents [N, ", config_.channels, ", F, h, w], got ",
                          to_string(z)));
  return {z[0], kColors, 1 + (z[2] - 1) * kTime, z[3] * kSpace, z[4] * kSpace};
}

// Clips one after the other: a clip is what memory is planned for.
Tensor WanAutoencoder::do_encode(const Tensor& x) const {
  const auto network = network_.get();
  std::vector<Tensor> out;
  for (std::int64_t n = 0; n < x.size(0); ++n) {
    const Tensor clip = at::sub(at::mul(x.narrow(0, n, 1), 2), 1).to(compute_.options());
    out.push_back(network->encode(clip, work_).to(x.options()));
  }
  return at::cat(out).contiguous();
}

Tensor WanAutoencoder::do_decode(const Tensor& z) const {
  const auto network = network_.get();
  std::vector<Tensor> out;
  for (std::int64_t n = 0; n < z.size(0); ++n)
    out.push_back(network->decode(z.narrow(0, n, 1).to(compute_.options()), work_).to(z.options()));
  return at::cat(out).add_(1).div_(2).contiguous();
}

WanModel::WanModel(Shape domain, Placement placement, std::shared_ptr<const NoiseSchedule> schedule,
                   NetworkSlot<Loaded> network, Placement compute)
    : ConsistencyModel(std::move(domain), placement, std::move(schedule)),
      network_(std::move(network)),
      compute_(compute) {}

Tensor WanModel::do_origin(const Tensor& z_t, double t) const {
  const auto loaded = network_.get();
  const nn::WanTime time = loaded->network->time(at::full({1}, t, at::kDouble));
  std::vector<Tensor> flow;
  for (std::int64_t n = 0; n < z_t.size(0); ++n)
    flow.push_back(
        loaded->network->forward(z_t.narrow(0, n, 1).to(compute_.options()), time, loaded->context)
            .to(z_t.options()));
  return at::sub(z_t, at::cat(flow), schedule().noise(t));
}

std::shared_ptr<const Prior> read_wan_prior(const SpecReader& reader, const Shape& pixels,
                                            const Placement& placement) {
  if (pixels.at(3) % (2 * kSpace) != 0 || pixels.at(4) % (2 * kSpace) != 0)
    throw ShapeError(text("prior wan: expected videos with height and width multiples of ",
                          2 * kSpace, ", the transformer's patches, got ", to_string(pixels)));
  const Placement compute = read_network_placement(reader, "bfloat16");
  const bool resident = read_residency(reader);
  const nn::WanVaeWork work{
      .chunk = reader.integer("chunk",
                              {.doc = "latent frames that the autoencoder takes at a time; 0: all",
                               .fallback = 1,
                               .low = 0,
                               .high = 1 << 20}),
      .tile = reader.integer(
          "tile", {.doc = "latent samples a side of the autoencoder's tiles; 0: no tiles",
                   .fallback = 0,
                   .low = 0,
                   .high = 1 << 20})};
  const auto schedule = schedule_table().make(
      reader.child("schedule", "signal and noise over time", {{"type", "rectified_flow"}}));

  const SpecReader vae = reader.child("vae", "the video autoencoder");
  const nn::WanVaeConfig vae_config =
      nn::read_wan_vae_config(vae.child("config", "extents of the network", Json::object()));
  const NetworkSource vae_source(vae, nn::wan_vae_architecture(), compute);
  const auto coder = std::make_shared<WanAutoencoder>(
      NetworkSlot<nn::WanVae>(
          [vae_source, vae_config] { return vae_source.make<nn::WanVae>(vae_config); }, resident),
      vae_config, work, compute);

  const SpecReader transformer = reader.child("transformer", "the diffusion transformer");
  const nn::WanTransformerConfig config = nn::read_wan_transformer_config(
      transformer.child("config", "extents of the network", Json::object()));
  const NetworkSource source(transformer, nn::wan_transformer_architecture(), compute);
  const PromptSource prompt(reader);
  const auto load = [=] {
    auto network = source.make<nn::WanTransformer>(config);
    nn::WanContext context =
        network->context(prompt.read("embeddings", {1, kAnyLength, config.text_width}, compute));
    return std::make_shared<const WanModel::Loaded>(
        WanModel::Loaded{std::move(network), std::move(context)});
  };
  return std::make_shared<Prior>(
      "wan", pixels, coder,
      std::make_shared<WanModel>(coder->latent_shape(pixels), placement, schedule,
                                 NetworkSlot<WanModel::Loaded>(load, resident), compute));
}

}  // namespace lvtino
