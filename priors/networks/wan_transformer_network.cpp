#include "priors/networks/wan_naming.hpp"
#include "priors/networks/wan_transformer.hpp"
#include "priors/nn/inputs.hpp"

namespace lvtino::nn {
namespace {

const std::string kName = "wan_transformer";

class WanTransformerNetwork final : public Network {
 public:
  WanTransformerNetwork(const SpecReader& config, const Weights& weights)
      : transformer_(weights, read_wan_transformer_config(config)) {}

  NamedTensors run(const NamedTensors& inputs) const override {
    refuse_others(inputs, {"latent", "timestep", "prompt"}, kName);
    const WanContext context = transformer_.context(input_of(inputs, "prompt", kName));
    return {{"flow", transformer_.forward(input_of(inputs, "latent", kName),
                                          input_of(inputs, "timestep", kName), context)}};
  }

  std::vector<std::string> blocks() const override {
    std::vector<std::string> names = {"patch_embedding", "time_embedding", "text_embedding"};
    for (std::size_t i = 0; i < transformer_.blocks().size(); ++i)
      names.push_back(text("blocks.", i));
    names.push_back("head");
    return names;
  }

  NamedTensors run_block(const std::string& name, const NamedTensors& inputs) const override {
    const auto input = [&](const char* key) { return input_of(inputs, key, kName + " " + name); };
    if (name == "patch_embedding")
      return {{"tokens", transformer_.patch_embedding(input("latent"))}};
    if (name == "time_embedding") {
      const WanTime time = transformer_.time(input("timestep"));
      return {{"time", time.embedding}, {"modulation", time.modulation}};
    }
    if (name == "text_embedding") return {{"text", transformer_.text_embedding(input("prompt"))}};
    if (name == "head")
      return {{"flow", transformer_.head(input("tokens"), input("time"), grid(input("grid")))}};
    for (std::size_t i = 0; i < transformer_.blocks().size(); ++i) {
      if (name != text("blocks.", i)) continue;
      const WanBlock& block = transformer_.blocks()[i];
      return {{"tokens", block(input("tokens"), input("modulation"), block.memory(input("text")),
                               transformer_.rotation(grid(input("grid"))))}};
    }
    throw NotSupportedError(text(kName, ": there is no part \"", name, "\""));
  }

 private:
  static WanTransformer::Grid grid(const Tensor& extents) {
    if (extents.scalar_type() != at::kLong || extents.numel() != 3)
      throw ShapeError(
          text(kName, ": grid: expected three int64 numbers, got ", describe(extents)));
    const Tensor flat = extents.flatten();
    return {flat[0].item<std::int64_t>(), flat[1].item<std::int64_t>(),
            flat[2].item<std::int64_t>()};
  }

  WanTransformer transformer_;
};

}  // namespace

WanTransformerConfig read_wan_transformer_config(const SpecReader& spec) {
  WanTransformerConfig c;
  const auto extent = [&spec](const char* key, const char* doc, std::int64_t& value) {
    value = spec.integer(key, {doc, value, 1, 1 << 20});
  };
  extent("width", "features of a token", c.width);
  extent("heads", "attention heads", c.heads);
  extent("layers", "blocks", c.layers);
  extent("hidden", "features inside the feed-forward nets", c.hidden);
  extent("channels", "channels of the latent", c.channels);
  extent("frequencies", "cosines and sines of the timestep", c.frequencies);
  extent("text_width", "features of a prompt's tokens", c.text_width);
  extent("text_length", "tokens attended to, padding included", c.text_length);
  c.epsilon = spec.number("epsilon", {"of all norms", c.epsilon, 0, 1, true});
  return c;
}

const Architecture& wan_transformer_architecture() {
  static const Architecture architecture = {
      kName, "diffusion transformer of Wan 2.1, text to video: latent, timestep, prompt -> flow",
      [](const SpecReader& config, const Weights& weights) -> std::unique_ptr<Network> {
        return std::make_unique<WanTransformerNetwork>(config, weights);
      },
      wan_transformer_schemes()};
  return architecture;
}

}  // namespace lvtino::nn
