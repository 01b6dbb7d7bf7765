#include "priors/sdxl_prior.hpp"

#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "priors/frame_batches.hpp"
#include "priors/networks/sdxl_memory.hpp"
#include "priors/prompt_file.hpp"
#include "priors/sdxl_model.hpp"
#include "priors/table.hpp"

namespace lvtino {

SdxlAutoencoder::SdxlAutoencoder(NetworkSlot<nn::SdxlVae> network, nn::SdxlVaeConfig config,
                                 Placement compute, std::int64_t frames, PlannedMemory memory)
    : PlannedMemory(std::move(memory)),
      network_(std::move(network)),
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

namespace {

// Tokens of a prompt that CLIP reads; what the memory of a prompt is planned for.
constexpr std::int64_t kPromptTokens = 77;

// How the networks are used.
struct SdxlSetting {
  bool resident = true, graphs = false;
  std::int64_t frames = 5;
};

SdxlSetting read_setting(const SpecReader& reader, const Placement& compute) {
  const bool resident = read_residency(reader);
  return {.resident = resident,
          .graphs = read_graphs(reader, compute, resident),
          .frames = reader.integer("frames", {.doc = "frames that the networks take at a time",
                                              .fallback = SdxlSetting{}.frames,
                                              .low = 1,
                                              .high = 4096})};
}

// What the spec leaves open, fastest first: small batches cost less than networks that come and go.
std::vector<SdxlSetting> settings_of(const SpecReader& reader, const SdxlSetting& given) {
  std::vector<bool> residencies = {given.resident};
  std::vector<std::int64_t> batches = {given.frames};
  if (!reader.has("residency") && !given.graphs) residencies = {true, false};
  if (!reader.has("frames")) batches = {8, 6, 5, 4, 3, 2, 1};
  std::vector<SdxlSetting> out;
  for (const bool resident : residencies)
    for (const std::int64_t frames : batches) out.push_back({resident, given.graphs, frames});
  return out;
}

// What the spec says of the two networks.
struct SdxlNetworks {
  // A batch of frames at a time.
  MemoryPlan plan(const SdxlSetting& setting, const Shape& pixels) const {
    const std::int64_t frames = std::min(setting.frames, pixels.at(0) * pixels.at(2)),
                       height = pixels.at(3), width = pixels.at(4), factor = vae.config().factor();
    const Shape images = {frames, vae.config().in_channels, height, width},
                latent = {frames, unet.config().in_channels, height / factor, width / factor};
    const std::int64_t coder = vae.bytes();
    const std::int64_t held =
        unet.bytes() + nn::sdxl_context_bytes(unet.config(), kPromptTokens, compute);
    return {
        .words = text(setting.resident ? "resident" : "on demand", ", frames ", setting.frames),
        .stages = {{"encode", "vae", coder, nn::sdxl_encode_work(vae.config(), images, compute)},
                   {"unet", "unet", held, nn::sdxl_unet_work(unet.config(), latent, compute),
                    setting.graphs},
                   {"decode", "vae", coder, nn::sdxl_decode_work(vae.config(), images, compute)}},
        .resident = setting.resident,
        .device = compute.device.is_cuda() ? "cuda" : "cpu"};
  }

  Placement compute;
  DescribedNetwork<nn::SdxlVae, nn::SdxlVaeConfig> vae;
  DescribedNetwork<nn::SdxlUnet, nn::SdxlUnetConfig> unet;
};

// The fastest setting that fits, entered into the resolved spec.
SdxlSetting chosen(const SpecReader& reader, std::int64_t budget, const SdxlSetting& given,
                   const SdxlNetworks& networks, const Shape& pixels) {
  const SdxlSetting setting =
      first_that_fits(reader, settings_of(reader, given), budget,
                      [&](const SdxlSetting& one) { return networks.plan(one, pixels); });
  resolve_residency(reader, setting.resident);
  reader.resolve("frames", setting.frames);
  return setting;
}

}  // namespace

std::shared_ptr<const Prior> read_sdxl_prior(const SpecReader& reader, const Shape& pixels,
                                             const Placement& placement) {
  const Placement compute = read_network_placement(reader, "float16");
  const SdxlSetting given = read_setting(reader, compute);
  const std::int64_t budget = read_memory_budget(reader);
  const auto schedule = schedule_table().make(
      reader.child("schedule", "signal and noise over time", {{"type", "vp_scaled_linear"}}));
  const SdxlNetworks networks{compute,
                              {reader.child("vae", "the image autoencoder"),
                               nn::read_sdxl_vae_config, nn::sdxl_vae_architecture(), compute},
                              {reader.child("unet", "the denoising network"),
                               nn::read_sdxl_unet_config, nn::sdxl_unet_architecture(), compute}};
  const PromptSource prompt(reader);
  const SdxlSetting setting = budget == 0 ? given : chosen(reader, budget, given, networks, pixels);

  const auto coder = std::make_shared<SdxlAutoencoder>(
      networks.vae.slot(setting.resident), networks.vae.config(), compute, setting.frames,
      PlannedMemory(budget, [=] { return networks.plan(setting, pixels); }));
  const auto height = double(pixels.at(3)), width = double(pixels.at(4));
  const auto load = [=] {
    const nn::SdxlUnetConfig& config = networks.unet.config();
    auto network = networks.unet.make();
    nn::SdxlContext context = network->context(
        {.embeddings =
             prompt.read("embeddings", {1, kAnyLength, config.cross_attention_dim}, compute),
         .pooled = prompt.read("pooled", {1, config.pooled_features()}, compute),
         .time_ids =
             at::tensor(std::vector<double>{height, width, 0, 0, height, width}, at::kDouble)
                 .view({1, 6})
                 .to(compute.options())});
    return std::make_shared<const SdxlModel::Loaded>(std::move(network), std::move(context),
                                                     setting.graphs);
  };
  return std::make_shared<Prior>(
      "sdxl", pixels, coder,
      std::make_shared<SdxlModel>(coder->latent_shape(pixels), placement, schedule,
                                  NetworkSlot<SdxlModel::Loaded>(load, setting.resident), compute,
                                  setting.frames));
}

}  // namespace lvtino
