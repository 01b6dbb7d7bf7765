#include "priors/nn/pyramid_network.hpp"

#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/json.hpp"
#include "lvtino/core/spec.hpp"
#include "priors/nn/convolution.hpp"

namespace lvtino::nn {
namespace {

// Numbers of cos and sin features that the noise level enters with, and their lowest frequency.
constexpr int kWaves = 8;
constexpr double kLowestFrequency = 0.25;

// Calls `visit(name, width)` for every block, in the order in which the network meets them.
template <class Visit>
void visit_blocks(const PyramidConfig& config, const Visit& visit) {
  const std::size_t last = config.widths.size() - 1;
  for (std::size_t l = 0; l <= last; ++l)
    for (std::int64_t i = 0; i < config.blocks[l]; ++i)
      visit(text("down.", l, ".", i), config.widths[l]);
  for (std::size_t l = last; l-- > 0;)
    for (std::int64_t i = 0; i < config.blocks[l]; ++i)
      visit(text("up.", l, ".", i), config.widths[l]);
}

// One row a noise level.
Tensor level_features(const std::vector<double>& log_sigmas) {
  std::vector<float> features;
  for (double log_sigma : log_sigmas)
    for (int i = 0; i < kWaves; ++i) {
      const double angle = log_sigma * kLowestFrequency * std::pow(1.6, i);
      features.push_back(float(std::cos(angle)));
      features.push_back(float(std::sin(angle)));
    }
  return at::tensor(features).view({std::int64_t(log_sigmas.size()), -1});
}

// One evaluation: parameters looked up by name, the embedded noise levels at hand.
class Evaluation {
 public:
  Evaluation(const PyramidConfig& config, const NamedTensors& parameters,
             const std::vector<double>& log_sigmas)
      : config_(config), parameters_(parameters), clips_(std::int64_t(log_sigmas.size())) {
    const Tensor& first = at("level.0.weight");
    const Tensor features = level_features(log_sigmas).to(first.options());
    const Tensor hidden = at::silu(at::linear(features, first, at("level.0.bias")));
    level_ = at::silu(at::linear(hidden, at("level.1.weight"), at("level.1.bias")));
  }

  const Tensor& at(const std::string& name) const { return parameters_.at(name); }

  Tensor frames(const Tensor& x, const std::string& name) const {
    return frame_convolution(x, at(name + ".weight"), at(name + ".bias"));
  }

  Tensor block(const Tensor& x, const std::string& name) const {
    const Tensor h = modulated(x, name);
    const Tensor& closing = at(name + ".conv2.weight");
    const Tensor& closing_bias = at(name + ".conv2.bias");
    return x + (config_.temporal ? time_convolution(h, closing, closing_bias, clips_)
                                 : frame_convolution(h, closing, closing_bias));
  }

  Tensor blocks(Tensor x, const std::string& side, std::size_t level) const {
    for (std::int64_t i = 0; i < config_.blocks[level]; ++i)
      x = block(x, text(side, ".", level, ".", i));
    return x;
  }

 private:
  // relu((1 + a) conv_1(x) + b).
  Tensor modulated(const Tensor& x, const std::string& name) const {
    const Tensor modulation =
        at::linear(level_, at(name + ".level.weight"), at(name + ".level.bias"))
            .view({clips_, 2, -1});
    const Tensor gain = modulation.select(1, 0).add(1), shift = modulation.select(1, 1);
    const Tensor& weight = at(name + ".conv1.weight");
    const Tensor& bias = at(name + ".conv1.bias");
    // One noise level is folded into the weights: they are few, the features many.
    if (clips_ == 1)
      return frame_convolution(x, weight.mul(gain.view({-1, 1, 1, 1})),
                               bias.mul(gain[0]).add(shift[0]))
          .relu_();
    const auto of_frames = [&](const Tensor& value) {
      return value.to(x.scalar_type())
          .repeat_interleave(x.size(0) / clips_, 0)
          .unsqueeze(-1)
          .unsqueeze(-1);
    };
    return at::addcmul(of_frames(shift), frame_convolution(x, weight, bias), of_frames(gain))
        .relu_();
  }

  const PyramidConfig& config_;
  const NamedTensors& parameters_;
  std::int64_t clips_;
  Tensor level_;
};

}  // namespace

std::string to_text(const PyramidConfig& config) {
  return Json{{"temporal", config.temporal},
              {"channels", config.channels},
              {"widths", config.widths},
              {"blocks", config.blocks},
              {"embedding", config.embedding}}
      .dump();
}

PyramidConfig parse_pyramid_config(const std::string& json, const std::string& origin) {
  const SpecReader reader(parse_json(json, origin), origin);
  PyramidConfig config;
  config.temporal = reader.flag("temporal", {.doc = "blocks join frames"});
  config.channels =
      reader.integer("channels", {.doc = "of input and output", .low = 1, .high = 1024});
  config.embedding =
      reader.integer("embedding", {.doc = "features of the noise level", .low = 1, .high = 4096});
  const auto whole = [&](const char* key, const char* doc, std::int64_t least) {
    std::vector<std::int64_t> out;
    for (double value :
         reader.numbers(key, {.doc = doc, .least = least, .most = 8, .low = 1, .high = 4096})) {
      if (value != std::floor(value)) throw reader.error(key, "expected whole numbers");
      out.push_back(std::int64_t(value));
    }
    return out;
  };
  config.widths = whole("widths", "features a level", 1);
  config.blocks = whole("blocks", "residual blocks a level", 1);
  if (config.blocks.size() != config.widths.size())
    throw reader.error("blocks", text("expected ", config.widths.size(), " numbers, one a level"));
  reader.finish();
  return config;
}

std::map<std::string, Shape> pyramid_shapes(const PyramidConfig& config) {
  std::map<std::string, Shape> shapes;
  const auto layer = [&](const std::string& name, const Shape& weight) {
    shapes[name + ".weight"] = weight;
    shapes[name + ".bias"] = {weight[0]};
  };
  layer("level.0", {config.embedding, 2 * kWaves});
  layer("level.1", {config.embedding, config.embedding});
  layer("input", {config.widths[0], config.channels, 3, 3});
  layer("output", {config.channels, config.widths[0], 3, 3});
  for (std::size_t l = 0; l + 1 < config.widths.size(); ++l) {
    layer(text("halve.", l), {config.widths[l + 1], config.widths[l], 2, 2});
    layer(text("double.", l), {config.widths[l], config.widths[l + 1], 1, 1});
  }
  visit_blocks(config, [&](const std::string& name, std::int64_t width) {
    layer(name + ".level", {2 * width, config.embedding});
    layer(name + ".conv1", {width, width, 3, 3});
    layer(name + ".conv2", config.temporal ? Shape{width, width, 3, 1} : Shape{width, width, 3, 3});
  });
  return shapes;
}

NamedTensors pyramid_parameters(const PyramidConfig& config, const Rng& rng) {
  NamedTensors parameters;
  for (const auto& [name, shape] : pyramid_shapes(config)) {
    Tensor value = at::zeros(shape, at::kFloat);
    const auto part = [&](const char* word) { return name.find(word) != std::string::npos; };
    const bool silent =
        part(".bias") || part(".conv2") || part(".level.") || name == "output.weight";
    if (!silent) {
      const double inputs = double(value.numel()) / double(shape[0]);
      const double gain = part(".conv1") || part("level.") ? 2.0 : 1.0;
      value = rng.fork(name).normal(shape, {}).mul_(std::sqrt(gain / inputs));
    }
    parameters[name] = value;
  }
  return parameters;
}

void require_pyramid(const PyramidConfig& config, const NamedTensors& parameters,
                     const std::string& origin) {
  std::string wrong;
  const auto shapes = pyramid_shapes(config);
  for (const auto& [name, shape] : shapes) {
    const auto found = parameters.find(name);
    if (found == parameters.end())
      wrong += text("\n  missing ", name, " ", to_string(shape));
    else if (shape_of(found->second) != shape || !found->second.is_floating_point())
      wrong += text("\n  ", name, ": expected floating point ", to_string(shape), ", got ",
                    describe(found->second));
  }
  for (const auto& [name, value] : parameters)
    if (!shapes.contains(name)) wrong += text("\n  unexpected ", name);
  if (!wrong.empty())
    throw ShapeError(text(origin, ": the tensors are not those of the network:", wrong));
}

Tensor pyramid(const PyramidConfig& config, const NamedTensors& parameters, const Tensor& x,
               const std::vector<double>& log_sigmas) {
  if (log_sigmas.empty() || x.dim() != 4 || x.size(0) % std::int64_t(log_sigmas.size()) != 0)
    throw ShapeError(text("pyramid network: expected frames of ", log_sigmas.size(),
                          " clips of one length, got ", describe(x)));
  if (x.size(1) != config.channels || x.size(2) % config.stride() != 0 ||
      x.size(3) % config.stride() != 0)
    throw ShapeError(text("pyramid network: expected [T, ", config.channels,
                          ", H, W] with H and W multiples of ", config.stride(), ", got ",
                          describe(x)));
  const Evaluation network(config, parameters, log_sigmas);
  const std::size_t last = config.widths.size() - 1;
  std::vector<Tensor> skips;
  Tensor h = network.blocks(network.frames(x, "input"), "down", 0);
  for (std::size_t l = 0; l < last; ++l) {
    skips.push_back(h);
    const std::string name = text("halve.", l);
    h = halving_convolution(h, network.at(name + ".weight"), network.at(name + ".bias"));
    h = network.blocks(h, "down", l + 1);
  }
  for (std::size_t l = last; l-- > 0;) {
    h = double_size(network.frames(h, text("double.", l))) + skips[l];
    skips[l] = Tensor();
    h = network.blocks(h, "up", l);
  }
  return network.frames(h, "output");
}

}  // namespace lvtino::nn
