#include "priors/nn/ffdnet.hpp"

#include <charconv>
#include <cmath>
#include <map>

#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"

namespace lvtino {
namespace {

constexpr double kBatchNormEpsilon = 1e-5;  // of torch's BatchNorm2d, where none is stored

/// One module of the sequence: its tensors by their last name.
using Module = std::map<std::string, Tensor>;

[[noreturn]] void fail(const std::string& source, const std::string& message) {
  throw IoError(text(source, ": not an FFDNet: ", message));
}

// "<prefix>.<index>.<field>" to the module of that index.
std::map<int, Module> modules_of(const std::vector<NamedTensor>& tensors,
                                 const std::string& source) {
  std::map<int, Module> modules;
  std::string common;
  for (const auto& [name, tensor] : tensors) {
    const auto last = name.rfind('.');
    const auto before = last == 0 || last == name.npos ? name.npos : name.rfind('.', last - 1);
    const std::size_t begin = before == name.npos ? 0 : before + 1;
    int index = -1;
    if (last != name.npos) std::from_chars(name.data() + begin, name.data() + last, index);
    const std::string prefix = name.substr(0, begin);
    if (index < 0 || (!modules.empty() && prefix != common))
      fail(source, text("the tensor ", name, " is not one of a numbered sequence"));
    common = prefix;
    modules[index][name.substr(last + 1)] = tensor;
  }
  if (modules.empty()) fail(source, "it holds no tensors");
  return modules;
}

Tensor exact(const Module& module, const char* field, std::int64_t length, int index,
             const std::string& source) {
  const auto found = module.find(field);
  if (found == module.end()) fail(source, text("module ", index, " has no ", field));
  if (shape_of(found->second) != Shape{length})
    fail(source, text("module ", index, ", ", field, ": expected [", length, "], got ",
                      describe(found->second)));
  return found->second.to(at::kDouble).contiguous();
}

// y = (conv(x) - mean) / sqrt(var + epsilon) w + b is a convolution too.
void fold(Ffdnet::Layer& layer, const Module& module, int index, const std::string& source) {
  const std::int64_t n = layer.weight.size(0);
  const auto field = [&](const char* name) { return exact(module, name, n, index, source); };
  const Tensor variance = field("running_var");
  if (!at::all(variance >= 0).item<bool>())
    fail(source, text("module ", index, ": a negative running_var"));
  const Tensor gain = field("weight") / at::sqrt(variance + kBatchNormEpsilon);
  layer.weight = layer.weight * gain.view({n, 1, 1, 1});
  layer.bias = (layer.bias - field("running_mean")) * gain + field("bias");
}

Ffdnet::Layer convolution(const Module& module, int index, const std::string& source) {
  const Tensor& weight = module.at("weight");
  const std::int64_t n = weight.size(0);
  return {weight.to(at::kDouble).contiguous(), module.count("bias")
                                                   ? exact(module, "bias", n, index, source)
                                                   : at::zeros({n}, at::kDouble)};
}

// One pixel more at the end of a side of odd length: the one before the last, if there is one.
Tensor padded_to_even(const Tensor& image) {
  Tensor out = image;
  for (const std::int64_t axis : {-2, -1}) {
    const std::int64_t n = out.size(axis);
    if (n % 2 != 0)
      out = at::cat({out, out.narrow(axis, std::max<std::int64_t>(n - 2, 0), 1)}, axis);
  }
  return out;
}

}  // namespace

Ffdnet::Ffdnet(std::vector<Layer> layers, const std::string& source) : layers_(std::move(layers)) {
  if (layers_.size() < 2)
    fail(source, text("expected at least 2 convolutions, got ", layers_.size()));
  std::int64_t width = layers_.front().weight.dim() == 4 ? layers_.front().weight.size(1) : 0;
  channels_ = width / 5;
  if (width != 5 && width != 15)
    fail(source, text("expected a first convolution of 5 (grey) or 15 (colour) channels, got ",
                      describe(layers_.front().weight)));
  for (const Layer& layer : layers_) {
    if (layer.weight.dim() != 4 ||
        shape_of(layer.weight) != Shape{layer.weight.size(0), width, 3, 3} ||
        shape_of(layer.bias) != Shape{layer.weight.size(0)})
      fail(source,
           text("expected a convolution [any, ", width, ", 3, 3], got ", describe(layer.weight)));
    if (count_non_finite(layer.weight) != 0 || count_non_finite(layer.bias) != 0)
      fail(source, "a weight is not finite");
    width = layer.weight.size(0);
  }
  if (width != 4 * channels_)
    fail(source, text("expected a last convolution to ", 4 * channels_, " channels, got ", width));
}

Ffdnet Ffdnet::from_tensors(const std::vector<NamedTensor>& tensors, const std::string& source) {
  std::vector<Layer> layers;
  for (const auto& [index, module] : modules_of(tensors, source)) {
    const auto weight = module.find("weight");
    if (weight == module.end()) fail(source, text("module ", index, " has no weight"));
    if (weight->second.dim() == 4)
      layers.push_back(convolution(module, index, source));
    else if (!layers.empty())
      fold(layers.back(), module, index, source);
    else
      fail(source, text("module ", index, " comes before the first convolution"));
  }
  return Ffdnet(std::move(layers), source);
}

Ffdnet Ffdnet::from_file(const std::string& path) {
  return from_tensors(read_torch_legacy(path), path);
}

Ffdnet Ffdnet::random(std::int64_t channels, std::int64_t features, std::int64_t layers,
                      const Rng& rng) {
  std::vector<Layer> out;
  for (std::int64_t i = 0; i < layers; ++i) {
    const std::int64_t from = i == 0 ? 5 * channels : features;
    const std::int64_t to = i + 1 == layers ? 4 * channels : features;
    const Placement exact = {at::kDouble, at::kCPU};
    // A gain that keeps the size of what passes (He et al. 2015), small at the end.
    const double gain = std::sqrt(2. / double(9 * from)) * (i + 1 == layers ? 0.1 : 1);
    out.push_back({rng.fork("weight", i).normal({to, from, 3, 3}, exact) * gain,
                   rng.fork("bias", i).normal({to}, exact) * 0.01});
  }
  return Ffdnet(std::move(out), "random network");
}

Tensor Ffdnet::denoise(const Tensor& images, double sigma, at::ScalarType compute) const {
  if (images.dim() != 4 || images.size(1) != channels_ || images.numel() == 0)
    throw ShapeError(
        text("FFDNet: expected images [M, ", channels_, ", H, W], got ", describe(images)));
  if (images.scalar_type() != at::kFloat && images.scalar_type() != at::kDouble)
    throw PlacementError(text("FFDNet: expected float32 or float64, got ", describe(images)));
  if (!(sigma >= 0) || sigma > kLargestSigma * (1 + 1e-9))
    throw NotSupportedError(
        text("FFDNet: expected a sigma of 0 to ", kLargestSigma, " (75/255), got ", sigma));
  const auto layout =
      at::TensorOptions().dtype(compute).memory_format(at::MemoryFormat::ChannelsLast);
  std::vector<Layer> layers;
  for (const Layer& layer : layers_)
    layers.push_back(
        {at::empty(layer.weight.sizes(), layout).copy_(layer.weight), layer.bias.to(compute)});

  const std::int64_t height = images.size(2), width = images.size(3);
  Tensor out = at::empty_like(images, at::MemoryFormat::Contiguous);
  parallel_for(images.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
    const SingleThreaded guard;
    for (std::int64_t m = begin; m < end; ++m) {
      const Tensor image = padded_to_even(images.narrow(0, m, 1));
      const Tensor small = at::pixel_unshuffle(image, 2);
      const Tensor map =
          at::full({1, channels_, small.size(2), small.size(3)}, sigma, small.options());
      Tensor x = at::empty({1, 5 * channels_, small.size(2), small.size(3)}, layout);
      x.narrow(1, 0, channels_).copy_(map), x.narrow(1, channels_, 4 * channels_).copy_(small);
      for (std::size_t i = 0; i < layers.size(); ++i) {
        x = at::conv2d(x, layers[i].weight, layers[i].bias, 1, 1);
        if (i + 1 < layers.size()) x.relu_();
      }
      const Tensor clean = image - at::pixel_shuffle(x.to(image.scalar_type()).contiguous(), 2);
      out.narrow(0, m, 1).copy_(clean.narrow(2, 0, height).narrow(3, 0, width));
    }
  });
  return out;
}

}  // namespace lvtino
