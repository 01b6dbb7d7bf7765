#pragma once

#include <mutex>
#include <nlohmann/json.hpp>

#include "lvtino/core/spec.hpp"
#include "priors/networks/loading.hpp"

namespace lvtino {

/// Where the tensors of a published network come from: a weight file, or a seed.
class NetworkSource {
 public:
  /// Reads the keys `weights` (a file, seen from the spec's folder, or "random": an untrained
  /// network, for tests and timing), `key` (the part of the file that holds the network) and
  /// `sha256` (of the file; checked if it is given, when the network is built). The file is not
  /// opened here: a spec can be planned without its weights. Throws SpecError.
  NetworkSource(const SpecReader& reader, const nn::Architecture& architecture,
                Placement placement);

  /// Opens device and file, finds its naming scheme and makes a network whose constructor takes a
  /// configuration and weights. Throws IoError that lists what the file lacks or has too much,
  /// NotSupportedError if there is no such device.
  template <class Network, class Config>
  std::shared_ptr<const Network> make(const Config& config) const {
    return build<std::shared_ptr<const Network>>(
        [&](const nn::Weights& weights) { return construct<Network>(config, weights); });
  }

  /// Bytes of the tensors of that network in the placement. Nothing is opened.
  template <class Network, class Config>
  std::int64_t bytes(const Config& config) const {
    nn::WeightList list;
    construct<Network>(config, nn::Weights(list));
    std::int64_t elements = 0;
    for (const auto& [name, shape] : list.tensors()) elements += element_count(shape);
    return elements * std::int64_t(c10::elementSize(placement_.dtype));
  }

  /// The weight file; empty for random weights.
  const std::string& path() const { return path_; }

 private:
  template <class Network, class Config>
  static std::shared_ptr<const Network> construct(const Config& config,
                                                  const nn::Weights& weights) {
    if constexpr (std::is_constructible_v<Network, const Config&, const nn::Weights&>)
      return std::make_shared<Network>(config, weights);
    else
      return std::make_shared<Network>(weights, config);
  }

  template <class Made, class Build>
  Made build(const Build& build) const {
    require_device();
    if (path_.empty()) {
      nn::RandomWeights random(Rng(0).fork(entry_->architecture->name), placement_);
      return build(nn::Weights(random));
    }
    return nn::build_from(opened(), *entry_, placement_, build);
  }
  void require_device() const;
  nn::Checkpoint opened() const;

  std::string path_, key_, sha256_;
  /// A network that comes and goes has its file's digest taken once.
  std::shared_ptr<std::once_flag> checked_ = std::make_shared<std::once_flag>();
  const nn::NetworkEntry* entry_;
  Placement placement_;
};

/// Latent units a pixel unit where latents are scaled to deviate by about 1: pixels in [0, 1] of
/// natural videos deviate by about a quarter. Used only where a spec leaves step sizes or times
/// out.
constexpr double kUnitLatentScale = 4;

/// Something that is loaded when it is first used and then stays ("resident"), or comes and goes
/// with each use.
template <class Loaded>
class NetworkSlot {
 public:
  using Load = std::function<std::shared_ptr<const Loaded>()>;
  NetworkSlot(Load load, bool resident)
      : load_(std::move(load)), kept_(resident ? std::make_shared<Kept>() : nullptr) {}

  /// Throws what loading throws. What is not resident goes with the last pointer to it.
  std::shared_ptr<const Loaded> get() const {
    if (!kept_) return load_();
    std::call_once(kept_->once, [this] { kept_->value = load_(); });
    return kept_->value;
  }

 private:
  struct Kept {
    std::once_flag once;
    std::shared_ptr<const Loaded> value;
  };
  Load load_;
  std::shared_ptr<Kept> kept_;
};

/// A network as a spec describes it: key `config`, its extents, and those of NetworkSource.
template <class Network, class Config>
class DescribedNetwork {
 public:
  DescribedNetwork(const SpecReader& reader, Config (*read_config)(const SpecReader&),
                   const nn::Architecture& architecture, const Placement& placement)
      : config_(read_config(reader.child("config", "extents of the network", Json::object()))),
        source_(reader, architecture, placement) {}

  const Config& config() const { return config_; }
  std::int64_t bytes() const { return source_.bytes<Network>(config_); }
  std::shared_ptr<const Network> make() const { return source_.make<Network>(config_); }
  NetworkSlot<Network> slot(bool resident) const {
    return {[self = *this] { return self.make(); }, resident};
  }

 private:
  Config config_;
  NetworkSource source_;
};

/// Keys `device` (cpu, cuda) and `precision` (float32, bfloat16, float16): where and in what the
/// networks of a prior compute. Whether there is such a device shows when a network is built.
/// Throws SpecError.
Placement read_network_placement(const SpecReader& reader, const std::string& fallback);

/// Key `residency`: whether networks stay in the memory of the device ("resident") or are there
/// only while they are used ("on_demand").
bool read_residency(const SpecReader& reader);
/// Enters what was chosen in its place into the resolved spec.
void resolve_residency(const SpecReader& reader, bool resident);

/// Key `graphs`: whether passes of the diffusion network are recorded and played
/// (nn::RecordedPass). Throws SpecError where that cannot be: on a processor, or with networks that
/// come and go.
bool read_graphs(const SpecReader& reader, const Placement& compute, bool resident);

}  // namespace lvtino
