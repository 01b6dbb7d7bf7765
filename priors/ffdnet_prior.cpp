#include "priors/ffdnet_prior.hpp"

#include <nlohmann/json.hpp>

#include "priors/denoiser_model.hpp"
#include "priors/nn/ffdnet.hpp"
#include "priors/table.hpp"
#include "priors/weight_file.hpp"

namespace lvtino {
namespace {

constexpr const char* kRandom = "random";

// The digest of the weights belongs to the resolved spec: a result is a function of them.
std::shared_ptr<const Ffdnet> read_network(const SpecReader& reader, std::int64_t channels) {
  const std::string weights = reader.string(
      "weights",
      {.doc = "torch checkpoint (stream format), relative to the spec; \"random\": an untrained "
              "network, for tests and timing"});
  if (weights == kRandom) {
    if (!expected_digest(reader).empty())
      throw reader.error("sha256", "random weights have no digest");
    return std::make_shared<Ffdnet>(Ffdnet::random(channels, 96, 12, Rng(0)));
  }
  const std::string path = reader.path(weights);
  return std::make_shared<Ffdnet>(
      Ffdnet::from_tensors(parse_torch_legacy(read_weight_file(reader, path), path), path));
}

}  // namespace

std::shared_ptr<const Prior> make_ffdnet_image(const SpecReader& reader, const Shape& pixels,
                                               const Placement& placement) {
  const auto coder = autoencoder_table().make(
      reader.child("autoencoder", "pixels to latents", {{"type", "identity"}}));
  const auto schedule = schedule_table().make(
      reader.child("schedule", "signal and noise over time", {{"type", "vp_scaled_linear"}}));
  const std::string compute = reader.choice(
      "compute",
      {.doc = "arithmetic of the convolutions; bfloat16 is faster on processors that have it",
       .choices = {"float32", "bfloat16"},
       .fallback = "float32"});
  const auto network = read_network(reader, pixels.at(1));
  if (network->channels() != pixels[1])
    throw ShapeError(text("FFDNet: the weights are for ", network->channels(),
                          " channels, the video has ", pixels[1]));
  const auto type = compute == "bfloat16" ? at::kBFloat16 : placement.dtype;
  const Denoiser denoiser{[network, type](const Tensor& images, double sigma) {
                            return network->denoise(images, sigma, type);
                          },
                          Ffdnet::kLargestSigma};
  return std::make_shared<Prior>(
      "ffdnet_image", pixels, coder,
      std::make_shared<DenoiserModel>(coder->latent_shape(pixels), placement, schedule, coder,
                                      denoiser));
}

}  // namespace lvtino
