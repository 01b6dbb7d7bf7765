#pragma once

#include "lvtino/core/spec.hpp"
#include "priors/nn/layers.hpp"

/// What the convolutional networks of SDXL share.
namespace lvtino::nn {

/// An input of a network run: that tensor, cast to `placement`. -1 in `expected` stands for any
/// extent. Throws ShapeError that names the input, what was expected and what came.
Tensor input_of(const NamedTensors& inputs, const std::string& name, const Shape& expected,
                const Placement& placement);

/// An array of integers >= low of a configuration. Throws SpecError.
std::vector<std::int64_t> integers_of(const SpecReader& config, std::string_view key,
                                      std::string_view doc,
                                      const std::vector<std::int64_t>& fallback, std::int64_t low);

/// x sigmoid(x), in the memory of x: for values that nobody else holds.
inline Tensor silu_in_place(Tensor x) { return at::silu_(x); }

/// Two 3 x 3 convolutions, each after group normalisation and SiLU, beside the identity (a 1 x 1
/// convolution "conv_shortcut" where the channels differ). An embedding, where there is one, adds a
/// number a channel between them.
class ResnetBlock2d {
 public:
  /// `embedding` features, 0 for none.
  ResnetBlock2d(const Weights& weights, std::int64_t in, std::int64_t out, std::int64_t groups,
                double epsilon, std::int64_t embedding = 0);

  /// x [M, in, h, w], embedding [1 or M, features] after its SiLU: [M, out, h, w].
  Tensor operator()(const Tensor& x, const std::optional<Tensor>& embedding = {}) const;

 private:
  GroupNorm norm1_;
  Convolution2d conv1_;
  std::optional<Linear> embedding_;
  GroupNorm norm2_;
  Convolution2d conv2_;
  std::optional<Convolution2d> shortcut_;
};

}  // namespace lvtino::nn
