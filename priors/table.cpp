#include "priors/table.hpp"

#include <nlohmann/json.hpp>

#include "priors/ffdnet_prior.hpp"
#include "priors/gaussian_model.hpp"
#include "priors/heavy_tailed_table.hpp"
#include "priors/network_model.hpp"
#include "priors/script_model.hpp"
#include "priors/sdxl_prior.hpp"
#include "priors/spectrum.hpp"
#include "priors/wan_prior.hpp"

namespace lvtino {
namespace {

std::shared_ptr<const NoiseSchedule> make_vp(const SpecReader& reader) {
  const double first = reader.number("beta_first", {.doc = "noise that the first step adds",
                                                    .fallback = 0.00085,
                                                    .low = 0,
                                                    .high = 1,
                                                    .above_low = true});
  const double last = reader.number("beta_last", {.doc = "noise that the last step adds",
                                                  .fallback = 0.012,
                                                  .low = 0,
                                                  .high = 0.999,
                                                  .above_low = true});
  const auto steps = reader.integer(
      "steps", {.doc = "steps of the table", .fallback = 1000, .low = 1, .high = 1000000});
  if (first > last) throw reader.error("beta_last", text("expected at least beta_first, ", first));
  return vp_scaled_linear(first, last, steps);
}

std::shared_ptr<const NoiseSchedule> make_flow(const SpecReader& reader) {
  const bool snap =
      reader.flag("snap", {.doc = "round sigma to the grid of the networks", .fallback = true});
  const double shift = reader.number(
      "shift",
      {.doc = "shift of the grid", .fallback = 8.0, .low = 0, .high = 1000, .above_low = true});
  const auto steps = reader.integer(
      "steps", {.doc = "entries of the grid", .fallback = 1000, .low = 1, .high = 1000000});
  return rectified_flow(snap, shift, steps);
}

struct LatentRange {
  double scale, offset;
};

LatentRange read_range(const SpecReader& reader) {
  LatentRange range{};
  range.scale = reader.number(
      "scale", {.doc = "latent units a pixel unit", .fallback = 2.0, .low = 0, .above_low = true});
  range.offset = reader.number("offset", {.doc = "pixel value whose latent is 0", .fallback = 0.5});
  return range;
}

std::int64_t read_block(const SpecReader& reader) {
  return reader.integer(
      "block",
      {.doc = "rows and columns of a block of pixels", .fallback = 8, .low = 1, .high = 256});
}

std::shared_ptr<const BlockAutoencoder> make_identity(const SpecReader& reader) {
  const LatentRange range = read_range(reader);
  return identity_autoencoder(range.scale, range.offset);
}

std::shared_ptr<const BlockAutoencoder> make_block_dct(const SpecReader& reader) {
  const auto block = read_block(reader);
  const LatentRange range = read_range(reader);
  return block_dct(block, range.scale, range.offset);
}

std::shared_ptr<const BlockAutoencoder> make_space_to_depth(const SpecReader& reader) {
  const auto block = read_block(reader);
  const LatentRange range = read_range(reader);
  return space_to_depth(block, range.scale, range.offset);
}

// The law of the latents that a law of pixels implies, channel by channel of the latent.
GaussianLaw latent_law(const BlockAutoencoder& coder, const Tensor& variance, double level,
                       std::int64_t channels) {
  Tensor latent = coder.latent_variance(variance);
  if (coder.block() > 1) latent = latent.repeat({channels, 1, 1, 1});
  return {.mean = coder.latent_level(level, channels), .variance = latent};
}

std::shared_ptr<const Prior> make_gaussian(const std::string& name, bool video,
                                           const SpecReader& reader, const Shape& pixels,
                                           const Placement& placement) {
  const auto coder = autoencoder_table().make(
      reader.child("autoencoder", "pixels to latents", {{"type", "identity"}}));
  const auto schedule = schedule_table().make(
      reader.child("schedule", "signal and noise over time",
                   {{"type", video ? "rectified_flow" : "vp_scaled_linear"}}));
  const PowerLaw law =
      read_power_law(reader.child("spectrum", "variance over frequency", Json::object()),
                     video ? natural_video() : natural_image(), video);
  const double level = reader.number("mean", {.doc = "mean level of the pixels", .fallback = 0.43});
  const Shape latent = coder->latent_shape(pixels);
  const Tensor variance = law.variance(video ? pixels[2] : 1, pixels[3], pixels[4]);
  return std::make_shared<Prior>(
      name, pixels, coder,
      std::make_shared<GaussianModel>(latent, placement, schedule,
                                      latent_law(*coder, variance, level, pixels[1])));
}

/// The limit of a Gaussian law of infinite variance: f(z_t) = z_t / signal.
class FlatModel final : public ConsistencyModel {
 public:
  using ConsistencyModel::ConsistencyModel;

 private:
  Tensor do_origin(const Tensor& z_t, double t) const override {
    const double signal = schedule().signal(t);
    if (signal == 0) throw NotSupportedError("prior flat: the time leaves no signal");
    return at::mul(z_t, 1 / signal);
  }
};

std::shared_ptr<const Prior> make_flat(const SpecReader& reader, const Shape& pixels,
                                       const Placement& placement) {
  const auto schedule = schedule_table().make(
      reader.child("schedule", "signal and noise over time", {{"type", "rectified_flow"}}));
  const auto coder = identity_autoencoder();
  return std::make_shared<Prior>(
      "flat", pixels, coder,
      std::make_shared<FlatModel>(coder->latent_shape(pixels), placement, schedule));
}

}  // namespace

const Registry<ScheduleFactory>& schedule_table() {
  static const Registry<ScheduleFactory> table(
      "noise schedule",
      {{"vp_scaled_linear", "variance-preserving diffusion with the betas of SDXL",
        R"({"type": "vp_scaled_linear"})", make_vp},
       {"rectified_flow", "straight line from data to noise, on the grid of Wan 2.1",
        R"({"type": "rectified_flow", "snap": true})", make_flow}});
  return table;
}

const Registry<AutoencoderFactory>& autoencoder_table() {
  static const Registry<AutoencoderFactory> table(
      "autoencoder",
      {{"identity", "pixels, shifted and scaled", R"({"type": "identity"})", make_identity},
       {"block_dct", "orthonormal DCT of blocks of pixels, one channel a frequency",
        R"({"type": "block_dct", "block": 8})", make_block_dct},
       {"space_to_depth", "one channel for each pixel of a block",
        R"({"type": "space_to_depth", "block": 2})", make_space_to_depth}});
  return table;
}

const Registry<PriorFactory>& prior_table() {
  static const Registry<PriorFactory> table(
      "prior",
      {{"gaussian_video", "exact consistency model of a Gaussian law of whole videos",
        R"({"type": "gaussian_video"})",
        [](const SpecReader& reader, const Shape& pixels, const Placement& placement) {
          return make_gaussian("gaussian_video", true, reader, pixels, placement);
        }},
       {"gaussian_image", "exact consistency model of a Gaussian law of images, frame by frame",
        R"({"type": "gaussian_image"})",
        [](const SpecReader& reader, const Shape& pixels, const Placement& placement) {
          return make_gaussian("gaussian_image", false, reader, pixels, placement);
        }},
       {"ffdnet_image",
        "FFDNet, a denoiser of images, as posterior mean; ./bootstrap.sh --ffdnet fetches weights",
        R"({"type": "ffdnet_image", "weights": "random"})", make_ffdnet_image},
       {"tiny_video", "trained consistency network of clips, shipped with the toolkit",
        R"({"type": "tiny_video"})",
        [](const SpecReader& reader, const Shape& pixels, const Placement& placement) {
          return read_network_prior("tiny_video", true, reader, pixels, placement);
        }},
       {"tiny_image",
        "trained consistency network of images, frame by frame, shipped with the toolkit",
        R"({"type": "tiny_image"})",
        [](const SpecReader& reader, const Shape& pixels, const Placement& placement) {
          return read_network_prior("tiny_image", false, reader, pixels, placement);
        }},
       {"heavy_tailed_video", "exact consistency model of heavy-tailed wavelets of whole videos",
        R"({"type": "heavy_tailed_video"})", make_heavy_tailed_video},
       {"heavy_tailed_image", "exact consistency model of heavy-tailed wavelets of images",
        R"({"type": "heavy_tailed_image"})", make_heavy_tailed_image},
       {"wan", "Wan 2.1 / CausVid: the published network of videos, with weights that you bring",
        R"({"type": "wan", "precision": "float32", "prompt": "random",
            "vae": {"weights": "random", "config": {"width": 4}},
            "transformer": {"weights": "random",
                            "config": {"width": 32, "heads": 2, "layers": 2, "hidden": 48,
                                       "frequencies": 8, "text_width": 16, "text_length": 12}}})",
        read_wan_prior},
       {"sdxl", "SDXL / DMD2: the published network of images, with weights that you bring",
        R"({"type": "sdxl", "precision": "float32", "prompt": "random",
            "vae": {"weights": "random",
                    "config": {"block_out_channels": [4, 8, 8, 8], "norm_num_groups": 2}},
            "unet": {"weights": "random",
                     "config": {"block_out_channels": [8, 16, 32], "transformer_layers": [0, 1, 2],
                                "heads": [2, 4, 8], "cross_attention_dim": 12, "norm_num_groups": 4,
                                "addition_time_embed_dim": 4, "projection_input_dim": 34}}})",
        read_sdxl_prior},
       {"script", "a TorchScript network of one's own, and what it expects and gives",
        R"({"type": "script", "input": "scaled",
            "script": "def forward(self, z, t): return torch.exp(-t[0] / 1000) * z"})",
        read_script_prior},
       {"flat", "no knowledge: the noise stays in the video", R"({"type": "flat"})", make_flat}});
  return table;
}

}  // namespace lvtino
