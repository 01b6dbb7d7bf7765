#include "priors/network_model.hpp"

#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lvtino/core/compute_device.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "priors/table.hpp"
#include "priors/weight_file.hpp"

namespace lvtino {
namespace {

at::ScalarType read_precision(const SpecReader& reader, at::Device device) {
  const std::string words = reader.choice(
      "precision", {.doc = "arithmetic of the network; auto: bfloat16 where the device has it",
                    .choices = {"auto", "float32", "bfloat16"},
                    .fallback = "auto"});
  const at::ScalarType type = words == "auto"       ? nn::fastest_compute_type(device)
                              : words == "bfloat16" ? at::kBFloat16
                                                    : at::kFloat;
  reader.resolve("precision", type == at::kFloat ? "float32" : "bfloat16");
  return type;
}

}  // namespace

NetworkModel::NetworkModel(Shape domain, Placement placement,
                           std::shared_ptr<const NoiseSchedule> schedule,
                           const nn::ConsistencyNetwork& network, at::ScalarType compute,
                           at::Device device)
    : ConsistencyModel(std::move(domain), placement, std::move(schedule)),
      network_(nn::to_device(network, device)),
      compute_(compute),
      device_(device) {
  if (this->domain().size() != 5 || this->domain()[1] != 3)
    throw ShapeError(
        text("network prior: expected videos [N, 3, T, H, W], got ", to_string(this->domain())));
}

Tensor NetworkModel::denoised(const nn::ConsistencyNetwork& network, const Tensor& z_t, double t) const {
  const double signal = schedule().signal(t), sigma = schedule().noise(t) / signal;
  if (!(signal > 0)) throw NotSupportedError(text("network prior: t = ", t, " leaves no signal"));
  std::vector<Tensor> out;
  for (std::int64_t n = 0; n < z_t.size(0); ++n) {
    const Tensor frames = z_t[n].permute({1, 0, 2, 3}).to(device_).div(signal);
    out.push_back(network.denoise(frames, sigma, compute_).permute({1, 0, 2, 3}).to(z_t.device()));
  }
  return at::stack(out).contiguous();
}

Tensor NetworkModel::do_origin(const Tensor& z_t, double t) const { return denoised(network_, z_t, t); }

// What was made in inference mode can not be part of a graph, so weights and argument are copied.
Linearised NetworkModel::do_linearised(const Tensor& z_t, double t) const {
  const c10::InferenceMode recorded(false);
  const c10::AutoGradMode gradients(true);
  nn::ConsistencyNetwork network = network_;
  for (auto& [name, parameter] : network.parameters)
    if (parameter.is_inference()) parameter = parameter.clone();
  const Tensor leaf = z_t.clone().set_requires_grad(true);
  const Tensor value = denoised(network, leaf, t);
  return {value.detach(), [leaf, value](const Tensor& w) {
            const SingleThreaded alone;  // backward passes of float32 convolutions depend on the number of threads
            const c10::InferenceMode played(false);
            const c10::AutoGradMode enabled(true);
            leaf.mutable_grad() = Tensor();
            value.backward(w.clone(), /*retain_graph=*/true);
            return leaf.grad().contiguous();
          }};
}

std::shared_ptr<const Prior> read_network_prior(const std::string& name, bool joins_frames,
                                                const SpecReader& reader, const Shape& pixels,
                                                const Placement& placement) {
  const std::string given = reader.string(
      "weights", {.doc = "safetensors file of lvtino_train; empty: what ships with the toolkit",
                  .fallback = ""});
  const auto schedule = schedule_table().make(reader.child(
      "schedule", "signal and noise over time", {{"type", "rectified_flow"}, {"snap", false}}));
  const at::Device device = open_device(reader.choice(
      "device",
      {.doc = "where the network computes", .choices = {"cpu", "cuda"}, .fallback = "cpu"}));
  const at::ScalarType compute = read_precision(reader, device);
  const std::string path =
      given.empty() ? shipped_weights(name + ".safetensors") : reader.path(given);
  const nn::ConsistencyNetwork network = nn::parse_network(read_weight_file(reader, path), path);
  if (network.config.temporal != joins_frames)
    throw reader.error(
        "weights", text(path, " holds ", network.config.temporal ? "a video" : "an image",
                        " network, expected ", joins_frames ? "a video" : "an image", " network"));
  const auto coder = identity_autoencoder();
  return std::make_shared<Prior>(
      name, pixels, coder,
      std::make_shared<NetworkModel>(coder->latent_shape(pixels), placement, schedule, network,
                                     compute, device));
}

std::string shipped_weights(const std::string& file) {
  namespace fs = std::filesystem;
  const char* named = std::getenv("LVTINO_WEIGHTS");
  std::string tried;
  for (const std::string& folder :
       {std::string(named ? named : ""), std::string(LVTINO_SOURCE_WEIGHTS),
        std::string(LVTINO_INSTALLED_WEIGHTS)}) {
    if (folder.empty()) continue;
    const fs::path path = fs::path(folder) / file;
    std::error_code ignored;
    if (fs::exists(path, ignored)) return path.string();
    tried += text(tried.empty() ? "" : ", ", path.string());
  }
  throw IoError(
      text("no weights: none of ", tried, " is there (LVTINO_WEIGHTS names another folder)"));
}

}  // namespace lvtino
