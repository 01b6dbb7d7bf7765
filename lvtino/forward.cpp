#include "lvtino/forward.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "lvtino/core/compute_device.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/json.hpp"
#include "priors/network_source.hpp"

namespace lvtino {
namespace {

constexpr const char* kRandom = "random";

struct Model {
  std::unique_ptr<nn::Network> network;
  Placement placement;
  SpecReader spec;
};

const nn::NetworkEntry& read_architecture(const SpecReader& spec) {
  std::vector<std::string> names;
  for (const nn::NetworkEntry& entry : nn::network_table())
    names.push_back(entry.architecture->name);
  return nn::find_network(
      spec.choice("architecture", {.doc = "the network's kind", .choices = names}));
}

std::unique_ptr<nn::Network> untrained(const nn::NetworkEntry& entry, const SpecReader& config,
                                       const Placement& placement, std::uint64_t seed) {
  nn::RandomWeights random(Rng(seed), placement);
  return entry.architecture->build(config, nn::Weights(random));
}

// All keys are read, and wrong ones refused, before the weights are looked at.
Model read_model(const std::string& path) {
  const SpecReader spec(read_json_file(path), "",
                        std::filesystem::path(path).parent_path().string());
  const nn::NetworkEntry& entry = read_architecture(spec);
  const SpecReader config = spec.child("config", "extents of the network", Json::object());
  const std::string weights =
      spec.string("weights", {.doc = "file of the weights; \"random\": untrained"});
  const std::string key =
      spec.string("key", {.doc = "dictionary of the file that holds them", .fallback = ""});
  const auto seed =
      std::uint64_t(spec.integer("seed", {.doc = "of random weights", .fallback = 0, .low = 0}));
  const Placement placement = read_network_placement(spec, "float32");
  open_device(placement.device.is_cuda() ? "cuda" : "cpu");
  nn::WeightList listed;
  entry.architecture->build(config, nn::Weights(listed));
  spec.finish();
  if (weights == kRandom) return {untrained(entry, config, placement, seed), placement, spec};
  const auto build = [&](const nn::Weights& tree) {
    return entry.architecture->build(config, tree);
  };
  const nn::Checkpoint checkpoint = nn::open_checkpoint(spec.path(weights), key);
  return {nn::build_from(checkpoint, entry, placement, build), placement, spec};
}

// Numbers of a condition are not features: 757 would become 756 in bfloat16.
bool is_number(const std::string& input) { return input == "timestep" || input == "time_ids"; }

nn::NamedTensors placed(const nn::NamedTensors& inputs, const Placement& placement) {
  nn::NamedTensors out;
  for (const auto& [name, tensor] : inputs) {
    const bool rounded = tensor.is_floating_point() && !is_number(name);
    out[name] = tensor.to(placement.device, rounded ? placement.dtype : tensor.scalar_type());
  }
  return out;
}

}  // namespace

void forward_network(const ForwardRequest& request) {
  if (request.in.empty() || request.out.empty())
    throw SpecError("", "--forward needs --in INPUTS.safetensors and --out OUTPUTS.safetensors");
  const nn::NamedTensors given = nn::read_safetensors(request.in).tensors;
  const Model model = read_model(request.model);
  const nn::NamedTensors inputs = placed(given, model.placement);
  const nn::NamedTensors outputs = request.block.empty()
                                       ? model.network->run(inputs)
                                       : model.network->run_block(request.block, inputs);
  nn::write_safetensors(
      request.out, {.tensors = outputs, .metadata = {{"model", model.spec.resolved().dump()}}});
}

}  // namespace lvtino
