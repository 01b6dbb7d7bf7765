#pragma once

#include <vector>

#include "lvtino/core/rng.hpp"
#include "priors/nn/safetensors.hpp"

namespace lvtino::nn {

/// A fully convolutional U-net for clips of any size and length.
///
/// Level l works at 1 / 2^l of the height and width with `widths[l]` features and `blocks[l]`
/// residual blocks on the way down and again on the way up (the last level: once). A block is
///
///   x + conv_2(relu((1 + a) * conv_1(x) + b)),
///
/// conv_1 a 3 x 3 convolution of each frame, conv_2 one over three frames of each pixel
/// (`temporal`) or another 3 x 3 (images: no frame sees another), and a, b one number a feature,
/// computed from the noise level. There is no normalisation, so nothing depends on the size of the
/// picture.
struct PyramidConfig {
  bool temporal = true;
  std::int64_t channels = 12;  ///< of input and output
  std::vector<std::int64_t> widths = {48, 96, 128, 160};
  std::vector<std::int64_t> blocks = {2, 2, 2, 3};
  std::int64_t embedding = 64;  ///< features of the noise level

  /// Height and width must be multiples of this.
  std::int64_t stride() const { return std::int64_t(1) << (widths.size() - 1); }
  bool operator==(const PyramidConfig&) const = default;
};

/// The configuration as text, and back (what the metadata of a weight file says).
std::string to_text(const PyramidConfig& config);
/// Throws SpecError with `origin` if the text is not one.
PyramidConfig parse_pyramid_config(const std::string& json, const std::string& origin);

/// Names and shapes of all parameters.
std::map<std::string, Shape> pyramid_shapes(const PyramidConfig& config);

/// Fresh float32 parameters: He's variance for what feeds a relu, zero for what closes a block and
/// for the output, so that the untrained network is 0.
NamedTensors pyramid_parameters(const PyramidConfig& config, const Rng& rng);

/// Throws ShapeError naming `origin` and every missing, unexpected or misshapen tensor.
void require_pyramid(const PyramidConfig& config, const NamedTensors& parameters,
                     const std::string& origin);

/// The network on frames [B T, channels, H, W]: B clips of T frames one after the other, each at
/// its own noise level, H and W multiples of `stride()`. Computes in the dtype and on the device of
/// `x` and returns it. `log_sigmas`: B natural logarithms of noise levels. Throws ShapeError.
Tensor pyramid(const PyramidConfig& config, const NamedTensors& parameters, const Tensor& x,
               const std::vector<double>& log_sigmas);

}  // namespace lvtino::nn
