#include "priors/network_source.hpp"

#include "lvtino/core/compute_device.hpp"
#include "lvtino/core/error.hpp"
#include "priors/weight_file.hpp"

namespace lvtino {
namespace {

constexpr const char* kRandom = "random";

}  // namespace

NetworkSource::NetworkSource(const SpecReader& reader, const nn::Architecture& architecture,
                             Placement placement)
    : entry_(&nn::find_network(architecture.name)), placement_(placement) {
  const std::string named = reader.string(
      "weights",
      {.doc = "weight file (safetensors, index of shards, torch archive), or \"random\""});
  key_ = reader.string("key", {.doc = "part of the file that holds the network", .fallback = ""});
  sha256_ = reader.string(
      "sha256", {.doc = "digest that the weight file must have; \"\": any", .fallback = ""});
  if (named != kRandom)
    path_ = reader.path(named);
  else if (!sha256_.empty())
    throw reader.error("sha256", "random weights have no digest");
}

void NetworkSource::require_device() const {
  open_device(placement_.device.is_cuda() ? "cuda" : "cpu");
}

nn::Checkpoint NetworkSource::opened() const {
  if (!sha256_.empty()) std::call_once(*checked_, [this] { require_digest(path_, sha256_); });
  return nn::open_checkpoint(path_, key_);
}

Placement read_network_placement(const SpecReader& reader, const std::string& fallback) {
  const std::string device = reader.choice(
      "device",
      {.doc = "where the networks compute", .choices = {"cpu", "cuda"}, .fallback = "cpu"});
  const std::string precision =
      reader.choice("precision", {.doc = "arithmetic of the networks",
                                  .choices = {"float32", "bfloat16", "float16"},
                                  .fallback = fallback});
  return {precision == "float32"    ? at::kFloat
          : precision == "bfloat16" ? at::kBFloat16
                                    : at::kHalf,
          device == "cpu" ? at::Device(at::kCPU) : at::Device(at::kCUDA, 0)};
}

bool read_residency(const SpecReader& reader) {
  return reader.choice("residency",
                       {.doc = "networks stay on the device, or come when they are used",
                        .choices = {"resident", "on_demand"},
                        .fallback = "resident"}) == "resident";
}

bool read_graphs(const SpecReader& reader, const Placement& compute, bool resident) {
  const bool graphs =
      reader.flag("graphs", {.doc = "passes of the diffusion network are recorded and played as "
                                    "CUDA graphs; their arrays keep their memory",
                             .fallback = false});
  if (graphs && !compute.device.is_cuda())
    throw reader.error("graphs", "a processor has none: expected \"device\": \"cuda\"");
  if (graphs && !resident)
    throw reader.error("graphs", "a recorded network stays: expected \"residency\": \"resident\"");
  return graphs;
}

void resolve_residency(const SpecReader& reader, bool resident) {
  reader.resolve("residency", resident ? "resident" : "on_demand");
}

}  // namespace lvtino
