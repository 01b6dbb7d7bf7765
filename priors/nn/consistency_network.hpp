#pragma once

#include <string>

#include "priors/nn/pyramid_network.hpp"

namespace lvtino::nn {

/// The range of noise levels sigma = noise / signal, in latent units, that a network was trained
/// on.
struct NoiseRange {
  double low = 0.02;
  double high = 2;
  bool operator==(const NoiseRange&) const = default;
};

/// Latents deviate by about this much from their mean: pixels scaled to [-1, 1].
constexpr double kSigmaData = 0.5;

/// D(x; sigma) = c_skip x + c_out F(c_in x, ln sigma) for latents x = z + sigma eps of clips, with
/// the pyramid network F and (Karras et al., "Elucidating the design space of diffusion-based
/// generative models", NeurIPS 2022; Song et al., "Consistency models", ICML 2023)
///
///   c_skip = s^2 / (sigma^2 + s^2),  c_out = sigma s / sqrt(sigma^2 + s^2),
///   c_in = 1 / sqrt(sigma^2 + s^2),  s = kSigmaData.
///
/// D(x; 0) = x whatever F is: the boundary condition of a consistency function. The same form
/// serves the teacher, a posterior mean, and the student, a consistency function.
struct ConsistencyNetwork {
  PyramidConfig config;
  NamedTensors parameters;
  NoiseRange range;

  /// `x`: frames [T, 3, H, W] of one clip, any size; F sees blocks of 2 x 2 pixels as channels and
  /// the borders replicated up to its stride. F computes in `compute` (bfloat16 where the processor
  /// has it), all else in x's dtype. Throws ShapeError, NotSupportedError for sigma above the range
  /// (below it, F is asked for the range's least level).
  Tensor denoise(const Tensor& x, double sigma, at::ScalarType compute) const;

  /// The same for several clips of one length, one after the other in `x`, each at its own level.
  Tensor denoise(const Tensor& x, const std::vector<double>& sigmas, at::ScalarType compute) const;
};

/// One number a clip as a factor [B T, 1, 1, 1] of frames [B T, ...] of B clips.
Tensor frames_of(const std::vector<double>& of_clips, const Tensor& frames);

double skip_gain(double sigma);
double output_gain(double sigma);
double input_gain(double sigma);

/// Weights as bfloat16, configuration, range and `notes` (training spec, seed, ...) as metadata.
void write_network(const std::string& path, const ConsistencyNetwork& network,
                   const std::map<std::string, std::string>& notes);

/// Throws IoError or ShapeError that name the file and the tensor. Parameters come back as float32.
ConsistencyNetwork read_network(const std::string& path);

/// The same from the bytes of a file; `origin` names it in messages.
ConsistencyNetwork parse_network(std::string_view bytes, const std::string& origin);

/// The parameters on another device.
ConsistencyNetwork to_device(const ConsistencyNetwork& network, at::Device device);

/// The fastest type to compute in: bfloat16 on a GPU and on a processor that multiplies it
/// natively, else float32.
at::ScalarType fastest_compute_type(at::Device device);

}  // namespace lvtino::nn
