#include "priors/wan_prior.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "priors/networks/wan_memory.hpp"
#include "priors/prompt_file.hpp"
#include "priors/table.hpp"

namespace lvtino {
namespace {

constexpr std::int64_t kSpace = 8, kTime = 4;  // pixels and frames a latent sample
constexpr std::int64_t kColors = 3;

Shape latent_of(const nn::WanVaeConfig& config, const Shape& p) {
  if (p.size() != 5 || p[1] != kColors || p[2] % kTime != 1 || p[3] % kSpace != 0 ||
      p[4] % kSpace != 0)
    throw ShapeError(
        text("prior wan: expected videos [N, 3, 1 + 4 n, H, W] with H and W multiples of ", kSpace,
             ", got ", to_string(p)));
  return {p[0], config.channels, 1 + (p[2] - 1) / kTime, p[3] / kSpace, p[4] / kSpace};
}

}  // namespace

WanAutoencoder::WanAutoencoder(NetworkSlot<nn::WanVae> network, nn::WanVaeConfig config,
                               nn::WanVaeWork work, Placement compute, PlannedMemory memory)
    : PlannedMemory(std::move(memory)),
      network_(std::move(network)),
      config_(std::move(config)),
      work_(work),
      compute_(compute) {}

Shape WanAutoencoder::latent_shape(const Shape& p) const { return latent_of(config_, p); }

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

WanModel::Loaded::Loaded(std::shared_ptr<const nn::WanTransformer> network, nn::WanContext context,
                         bool records)
    : network_(std::move(network)),
      context_(std::move(context)),
      flow_(
          [this](const std::vector<Tensor>& x) {
            return network_->forward(x[0], {x[1], x[2]}, context_);
          },
          records) {}

nn::WanTime WanModel::Loaded::time(double t) const {
  return network_->time(at::full({1}, t, at::kDouble));
}

WanModel::WanModel(Shape domain, Placement placement, std::shared_ptr<const NoiseSchedule> schedule,
                   NetworkSlot<Loaded> network, Placement compute)
    : ConsistencyModel(std::move(domain), placement, std::move(schedule)),
      network_(std::move(network)),
      compute_(compute) {}

Tensor WanModel::do_origin(const Tensor& z_t, double t) const {
  const auto loaded = network_.get();
  const nn::WanTime time = loaded->time(t);
  std::vector<Tensor> flow;
  for (std::int64_t n = 0; n < z_t.size(0); ++n)
    flow.push_back(
        loaded->flow(z_t.narrow(0, n, 1).to(compute_.options()), time).to(z_t.options()));
  return at::sub(z_t, at::cat(flow), schedule().noise(t));
}

namespace {

// How the networks are used.
struct WanSetting {
  bool resident = true, graphs = false;
  nn::WanVaeWork work;
};

WanSetting read_setting(const SpecReader& reader, const Placement& compute) {
  const bool resident = read_residency(reader);
  return {
      .resident = resident,
      .graphs = read_graphs(reader, compute, resident),
      .work = {.chunk = reader.integer(
                   "chunk", {.doc = "latent frames that the autoencoder takes at a time; 0: all",
                             .fallback = 1,
                             .low = 0,
                             .high = 1 << 20}),
               .tile = reader.integer(
                   "tile", {.doc = "latent samples a side of the autoencoder's tiles; 0: no tiles",
                            .fallback = 0,
                            .low = 0,
                            .high = 1 << 20})}};
}

// What the spec leaves open.
std::vector<WanSetting> settings_of(const SpecReader& reader, const WanSetting& given,
                                    std::int64_t longest_side) {
  std::vector<std::int64_t> tiles = {given.work.tile}, chunks = {given.work.chunk};
  std::vector<bool> residencies = {given.resident};
  if (!reader.has("tile"))
    for (const std::int64_t tile : {96, 64, 48, 32, 24, 16, 8})
      if (tile < longest_side) tiles.push_back(tile);
  if (!reader.has("chunk")) chunks = {4, 2, 1};
  if (!reader.has("residency") && !given.graphs) residencies = {true, false};
  std::vector<WanSetting> out;
  for (const std::int64_t tile : tiles)
    for (const bool resident : residencies)
      for (const std::int64_t chunk : chunks)
        out.push_back({resident, given.graphs, {.chunk = chunk, .tile = tile}});
  return out;
}

Shape with_batch(Shape shape, std::int64_t batch) {
  shape[0] = batch;
  return shape;
}

// What the spec says of the two networks.
struct WanNetworks {
  // A clip at a time.
  MemoryPlan plan(const WanSetting& setting, const Shape& pixels) const {
    const Shape clip = with_batch(pixels, 1);
    const std::int64_t coder = vae.bytes();
    const std::int64_t held =
        transformer.bytes() + nn::wan_context_bytes(transformer.config(), compute);
    const auto [chunk, tile] = setting.work;
    return {.words = text(setting.resident ? "resident" : "on demand", ", ",
                          chunk == 0 ? "all frames at once" : text("chunk ", chunk), ", ",
                          tile == 0 ? "no tiles" : text("tiles of ", tile)),
            .stages = {{"encode", "vae", coder,
                        nn::wan_encode_work(vae.config(), clip, setting.work, compute)},
                       {"transformer", "transformer", held,
                        nn::wan_transformer_work(transformer.config(),
                                                 latent_of(vae.config(), clip), compute),
                        setting.graphs},
                       {"decode", "vae", coder,
                        nn::wan_decode_work(vae.config(), clip, setting.work, compute)}},
            .resident = setting.resident,
            .device = compute.device.is_cuda() ? "cuda" : "cpu"};
  }

  // Seconds that a step of a setting takes longer than with networks that stay and no tiles,
  // roughly: to read weights, and to compute halos.
  std::function<double(const WanSetting&)> added_seconds(const Shape& latent) const {
    constexpr double kRead = 2e9;                                      // bytes a second
    const double rate = compute.device.is_cuda() ? 3e14 : 5e11,        // operations a second
        read = double(2 * vae.bytes() + transformer.bytes()) / kRead;  // it is read twice
    return [=, config = vae.config()](const WanSetting& setting) {
      const double halos = nn::wan_vae_operations(config, latent, setting.work.tile) -
                           nn::wan_vae_operations(config, latent, 0);
      return (setting.resident ? 0 : read) + halos / rate;
    };
  }

  Placement compute;
  DescribedNetwork<nn::WanVae, nn::WanVaeConfig> vae;
  DescribedNetwork<nn::WanTransformer, nn::WanTransformerConfig> transformer;
};

// The fastest setting that fits, entered into the resolved spec. Among equals larger pieces come
// first, since a piece costs a few copied frames.
WanSetting chosen(const SpecReader& reader, std::int64_t budget, const WanSetting& given,
                  const WanNetworks& networks, const Shape& pixels) {
  const Shape latent = latent_of(networks.vae.config(), pixels);
  std::vector<WanSetting> settings = settings_of(reader, given, std::max(latent[3], latent[4]));
  const auto added = networks.added_seconds(latent);
  std::stable_sort(settings.begin(), settings.end(),
                   [&](const auto& a, const auto& b) { return added(a) < added(b); });
  const WanSetting setting = first_that_fits(
      reader, settings, budget, [&](const WanSetting& one) { return networks.plan(one, pixels); });
  resolve_residency(reader, setting.resident);
  reader.resolve("chunk", setting.work.chunk);
  reader.resolve("tile", setting.work.tile);
  return setting;
}

}  // namespace

std::shared_ptr<const Prior> read_wan_prior(const SpecReader& reader, const Shape& pixels,
                                            const Placement& placement) {
  if (pixels.at(3) % (2 * kSpace) != 0 || pixels.at(4) % (2 * kSpace) != 0)
    throw ShapeError(text("prior wan: expected videos with height and width multiples of ",
                          2 * kSpace, ", the transformer's patches, got ", to_string(pixels)));
  const Placement compute = read_network_placement(reader, "bfloat16");
  const WanSetting given = read_setting(reader, compute);
  const std::int64_t budget = read_memory_budget(reader);
  const auto schedule = schedule_table().make(
      reader.child("schedule", "signal and noise over time", {{"type", "rectified_flow"}}));
  const WanNetworks networks{
      compute,
      {reader.child("vae", "the video autoencoder"), nn::read_wan_vae_config,
       nn::wan_vae_architecture(), compute},
      {reader.child("transformer", "the diffusion transformer"), nn::read_wan_transformer_config,
       nn::wan_transformer_architecture(), compute}};
  const PromptSource prompt(reader);
  const WanSetting setting = budget == 0 ? given : chosen(reader, budget, given, networks, pixels);

  const auto coder = std::make_shared<WanAutoencoder>(
      networks.vae.slot(setting.resident), networks.vae.config(), setting.work, compute,
      PlannedMemory(budget, [=] { return networks.plan(setting, pixels); }));
  const auto load = [=] {
    auto network = networks.transformer.make();
    nn::WanContext context = network->context(prompt.read(
        "embeddings", {1, kAnyLength, networks.transformer.config().text_width}, compute));
    return std::make_shared<const WanModel::Loaded>(std::move(network), std::move(context),
                                                    setting.graphs);
  };
  return std::make_shared<Prior>(
      "wan", pixels, coder,
      std::make_shared<WanModel>(coder->latent_shape(pixels), placement, schedule,
                                 NetworkSlot<WanModel::Loaded>(load, setting.resident), compute));
}

}  // namespace lvtino
