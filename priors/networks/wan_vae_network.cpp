#include "lvtino/core/error.hpp"
#include "priors/networks/wan_naming.hpp"
#include "priors/networks/wan_vae.hpp"
#include "priors/nn/inputs.hpp"

namespace lvtino::nn {
namespace {

const std::string kName = "wan_vae";

class WanVaeNetwork final : public Network {
 public:
  WanVaeNetwork(const SpecReader& config, const Weights& weights)
      : vae_(weights, read_wan_vae_config(config)) {}

  NamedTensors run(const NamedTensors& inputs) const override {
    refuse_others(inputs, {"video", "latent"}, kName);
    NamedTensors out;
    if (inputs.count("video")) out["latent"] = vae_.encode(inputs.at("video"));
    if (inputs.count("latent")) out["video"] = vae_.decode(inputs.at("latent"));
    if (out.empty())
      throw ShapeError(text(kName, ": expected an input \"video\" or \"latent\", got none"));
    return out;
  }

  std::vector<std::string> blocks() const override {
    std::vector<std::string> names;
    for (const auto* stages : all())
      for (const NamedStage& part : *stages) names.push_back(part.name);
    return names;
  }

  NamedTensors run_block(const std::string& name, const NamedTensors& inputs) const override {
    for (const auto* stages : all())
      for (const NamedStage& part : *stages) {
        if (part.name != name) continue;
        const Tensor& frames = input_of(inputs, "frames", kName + " " + name);
        if (frames.dim() != 5)
          throw ShapeError(
              text(kName, " ", name, ": frames: expected [B, C, T, H, W], got ", describe(frames)));
        FrameMemory memory;
        const Tensor out = part.stage(frames.transpose(1, 2).contiguous(), memory);
        return {{"frames", out.transpose(1, 2).contiguous()}};
      }
    throw NotSupportedError(text(kName, ": there is no part \"", name, "\""));
  }

 private:
  std::array<const std::vector<NamedStage>*, 4> all() const {
    return {&vae_.encoder_outer(), &vae_.encoder_inner(), &vae_.decoder_inner(),
            &vae_.decoder_outer()};
  }

  WanVae vae_;
};

}  // namespace

WanVaeConfig read_wan_vae_config(const SpecReader& spec) {
  WanVaeConfig c;
  c.width = spec.integer("width", {"channels at full resolution", c.width, 1, 1 << 16});
  c.channels = spec.integer("channels", {"channels of the latent", c.channels, 1, 1 << 16});
  c.mean = spec.numbers("mean", {"of each latent channel", c.mean});
  c.deviation = spec.numbers("deviation", {"of each latent channel", c.deviation});
  return c;
}

const Architecture& wan_vae_architecture() {
  static const Architecture architecture = {
      kName, "video autoencoder of Wan 2.1: video -> latent, latent -> video",
      [](const SpecReader& config, const Weights& weights) -> std::unique_ptr<Network> {
        return std::make_unique<WanVaeNetwork>(config, weights);
      },
      wan_vae_schemes()};
  return architecture;
}

}  // namespace lvtino::nn
