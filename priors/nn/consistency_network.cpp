#include "priors/nn/consistency_network.hpp"

#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/core/json.hpp"
#include "lvtino/core/spec.hpp"
#include "priors/nn/convolution.hpp"

namespace lvtino::nn {
namespace {

constexpr const char* kFormat = "lvtino-consistency-network/1";
constexpr std::int64_t kPixelBlock = 2;  // rows and columns that F sees as channels

std::int64_t padding(std::int64_t size, std::int64_t multiple) {
  return (multiple - size % multiple) % multiple;
}

const std::string& note(const SafetensorsFile& file, const std::string& key,
                        const std::string& path) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end())
    throw IoError(text(path, ": the metadata has no \"", key,
                       "\": not the weights of a consistency network"));
  return found->second;
}

// Each clip times the gain at its own noise level.
Tensor scaled(const Tensor& frames, const std::vector<double>& sigmas, double (*gain)(double)) {
  if (sigmas.size() == 1) return at::mul(frames, gain(sigmas[0]));
  std::vector<double> gains;
  for (double sigma : sigmas) gains.push_back(gain(sigma));
  return at::mul(frames, frames_of(gains, frames));
}

}  // namespace

Tensor frames_of(const std::vector<double>& of_clips, const Tensor& frames) {
  return at::tensor(of_clips)
      .to(frames.options())
      .repeat_interleave(frames.size(0) / std::int64_t(of_clips.size()))
      .view({-1, 1, 1, 1});
}

double skip_gain(double sigma) {
  return kSigmaData * kSigmaData / (sigma * sigma + kSigmaData * kSigmaData);
}

double output_gain(double sigma) { return sigma * kSigmaData * input_gain(sigma); }

double input_gain(double sigma) { return 1 / std::sqrt(sigma * sigma + kSigmaData * kSigmaData); }

Tensor ConsistencyNetwork::denoise(const Tensor& x, double sigma, at::ScalarType compute) const {
  return denoise(x, std::vector<double>{sigma}, compute);
}

Tensor ConsistencyNetwork::denoise(const Tensor& x, const std::vector<double>& sigmas,
                                   at::ScalarType compute) const {
  if (x.dim() != 4 || x.size(1) * kPixelBlock * kPixelBlock != config.channels)
    throw ShapeError(text("consistency network: expected frames [T, ",
                          config.channels / kPixelBlock / kPixelBlock, ", H, W], got ",
                          describe(x)));
  std::vector<double> log_sigmas;
  for (double sigma : sigmas) {
    // Time grids are rounded: a hair above the range is the range.
    if (!(sigma >= 0) || sigma > range.high * 1.001)
      throw NotSupportedError(text("consistency network: noise / signal = ", sigma, " is above ",
                                   range.high, ", the most it was trained on"));
    log_sigmas.push_back(std::log(std::max(sigma, range.low)));
  }
  const std::int64_t multiple = kPixelBlock * config.stride(), height = x.size(2),
                     width = x.size(3);
  Tensor in = scaled(x, sigmas, input_gain);
  if (height % multiple != 0 || width % multiple != 0)
    in = at::replication_pad2d(in, {0, padding(width, multiple), 0, padding(height, multiple)});
  in = space_to_depth2(in).to(compute);
  const Tensor out = pyramid(config, parameters, in, log_sigmas);
  const Tensor f =
      depth_to_space2(out).narrow(2, 0, height).narrow(3, 0, width).to(x.scalar_type());
  if (sigmas.size() == 1) return at::mul(x, skip_gain(sigmas[0])).add(f, output_gain(sigmas[0]));
  return scaled(x, sigmas, skip_gain).add(scaled(f, sigmas, output_gain));
}

void write_network(const std::string& path, const ConsistencyNetwork& network,
                   const std::map<std::string, std::string>& notes) {
  SafetensorsFile file{.metadata = notes};
  file.metadata["format"] = kFormat;
  file.metadata["network"] = to_text(network.config);
  file.metadata["noise_range"] =
      Json{{"low", network.range.low}, {"high", network.range.high}}.dump();
  for (const auto& [name, value] : network.parameters)
    file.tensors[name] = value.to(at::kCPU, at::kBFloat16);
  write_safetensors(path, file);
}

ConsistencyNetwork read_network(const std::string& path) {
  return parse_network(read_file(path), path);
}

ConsistencyNetwork parse_network(std::string_view bytes, const std::string& origin) {
  const SafetensorsFile file = parse_safetensors(bytes, origin);
  if (note(file, "format", origin) != kFormat)
    throw IoError(text(origin, ": format \"", note(file, "format", origin), "\", expected \"",
                       kFormat, "\""));
  ConsistencyNetwork network;
  try {
    network.config = parse_pyramid_config(note(file, "network", origin), origin);
    const SpecReader range(parse_json(note(file, "noise_range", origin), origin));
    network.range.low = range.number("low", {.doc = "least noise", .low = 0, .above_low = true});
    network.range.high = range.number("high", {.doc = "most noise", .low = network.range.low});
  } catch (const SpecError& failure) {
    throw IoError(text(origin, ": ", failure.what()));
  }
  require_pyramid(network.config, file.tensors, origin);
  for (const auto& [name, value] : file.tensors) network.parameters[name] = value.to(at::kFloat);
  return network;
}

ConsistencyNetwork to_device(const ConsistencyNetwork& network, at::Device device) {
  ConsistencyNetwork out{network.config, {}, network.range};
  for (const auto& [name, value] : network.parameters) out.parameters[name] = value.to(device);
  return out;
}

at::ScalarType fastest_compute_type(at::Device device) {
  if (!device.is_cpu()) return at::kBFloat16;
  return __builtin_cpu_supports("avx512bf16") ? at::kBFloat16 : at::kFloat;
}

}  // namespace lvtino::nn
