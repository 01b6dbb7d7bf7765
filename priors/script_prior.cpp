#include <filesystem>
#include <nlohmann/json.hpp>

#include "lvtino/core/compute_device.hpp"
#include "lvtino/core/error.hpp"
#include "priors/script_model.hpp"
#include "priors/table.hpp"
#include "priors/weight_file.hpp"

namespace lvtino {
namespace {

ScriptContract read_contract(const SpecReader& reader) {
  using Contract = ScriptContract;
  ScriptContract out;
  const std::string predicts =
      reader.choice("predicts", {.doc = "what forward gives: z_0, eps, or eps - z_0",
                                 .choices = {"clean", "noise", "velocity"},
                                 .fallback = "clean"});
  out.predicts = predicts == "clean"   ? Contract::Predicts::clean
                 : predicts == "noise" ? Contract::Predicts::noise
                                       : Contract::Predicts::velocity;
  const std::string time =
      reader.choice("time", {.doc = "what forward is told: t, noise / signal, or its logarithm",
                             .choices = {"schedule", "ratio", "log_ratio"},
                             .fallback = "schedule"});
  out.time = time == "schedule" ? Contract::Time::schedule
             : time == "ratio"  ? Contract::Time::ratio
                                : Contract::Time::log_ratio;
  const std::string layout =
      reader.choice("layout", {.doc = "axes: [N, C, T, H, W], [N, T, C, H, W] or [N T, C, H, W]",
                               .choices = {"video", "frames_first", "separate_frames"},
                               .fallback = "video"});
  out.layout = layout == "video"          ? Contract::Layout::video
               : layout == "frames_first" ? Contract::Layout::frames_first
                                          : Contract::Layout::separate_frames;
  out.scaled_input = reader.choice("input", {.doc = "forward gets z_t, or z_t / signal",
                                             .choices = {"noisy", "scaled"},
                                             .fallback = "noisy"}) == "scaled";
  return out;
}

ScriptModule read_network(const SpecReader& reader, at::Device device) {
  const std::string path = reader.string(
      "network",
      {.doc = "TorchScript archive or compiled package (.pt2); \"\": `script`", .fallback = ""});
  if (path.empty()) {
    const std::string script = reader.string("script", {.doc = "source of forward(self, z, t)"});
    try {
      return ScriptModule::from_source(script, device);
    } catch (const NotSupportedError& failure) {
      throw reader.error("script", failure.what());
    }
  }
  check_weight_file(reader, reader.path(path));
  return ScriptModule::from_file(reader.path(path), device);
}

std::shared_ptr<const Autoencoder> read_autoencoder(const SpecReader& reader, const Shape& pixels,
                                                    at::Device device) {
  const std::string encoder = reader.string(
      "encoder", {.doc = "archive or package, pixels in [-1, 1] to latents; \"\": `autoencoder`",
                  .fallback = ""});
  if (encoder.empty())
    return autoencoder_table().make(
        reader.child("autoencoder", "pixels to latents", {{"type", "identity"}}));
  const std::string decoder =
      reader.string("decoder", {.doc = "archive or package, latents to pixels"});
  const SpecReader latent = reader.child("latent", "size of latents");
  ScriptAutoencoder::Geometry geometry{.pixel_channels = pixels.at(1)};
  geometry.channels =
      latent.integer("channels", {.doc = "channels of a latent", .low = 1, .high = 4096});
  geometry.space = latent.integer(
      "space",
      {.doc = "pixels a latent, along rows and columns", .fallback = 1, .low = 1, .high = 64});
  geometry.time =
      latent.integer("time", {.doc = "frames a latent after the first, which has its own",
                              .fallback = 1,
                              .low = 1,
                              .high = 64});
  return std::make_shared<ScriptAutoencoder>(ScriptModule::from_file(reader.path(encoder), device),
                                             ScriptModule::from_file(reader.path(decoder), device),
                                             geometry);
}

std::shared_ptr<const Prior> read_keys(const SpecReader& reader, at::Device device,
                                       const Shape& pixels, const Placement& placement) {
  const ScriptContract contract = read_contract(reader);
  const auto schedule = schedule_table().make(reader.child(
      "schedule", "signal and noise over time", {{"type", "rectified_flow"}, {"snap", false}}));
  const auto coder = read_autoencoder(reader, pixels, device);
  return std::make_shared<Prior>(
      "script", pixels, coder,
      std::make_shared<ScriptModel>(coder->latent_shape(pixels), placement, schedule,
                                    read_network(reader, device), contract));
}

}  // namespace

std::shared_ptr<const Prior> read_script_prior(const SpecReader& reader, const Shape& pixels,
                                               const Placement& placement) {
  const at::Device device = open_device(reader.choice(
      "device",
      {.doc = "where the networks compute", .choices = {"cpu", "cuda"}, .fallback = "cpu"}));
  const std::string contract = reader.string(
      "contract", {.doc = "JSON file with the keys below; \"\": they stand here", .fallback = ""});
  if (contract.empty()) return read_keys(reader, device, pixels, placement);
  const std::string path = reader.path(contract);
  check_weight_file(reader, path);
  const SpecReader file(read_json_file(path), path + ":",
                        std::filesystem::path(path).parent_path().string());
  auto prior = read_keys(file, device, pixels, placement);
  file.finish();
  return prior;
}

}  // namespace lvtino
