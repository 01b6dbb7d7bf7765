#pragma once

#include "lvtino/training/training_spec.hpp"

namespace lvtino::training {

/// Noise levels of the distillation: 0, then `count` from range.low to range.high, geometric.
std::vector<double> distillation_levels(const nn::NoiseRange& range, std::int64_t count);

/// Clips that are evaluated together: frames [B T, 3, h, w], and a stream of random numbers for
/// each of the B clips.
struct ExampleBatch {
  Tensor frames;
  std::vector<Rng> rngs;
};

/// Flow matching (Lipman et al., ICLR 2023; Liu, Gong and Liu, ICLR 2023) of the clips z: at
/// x = z + sigma eps, ln sigma uniform over the range,
///
///   loss = mean |D(x; sigma) - z|^2 / c_out(sigma)^2.
///
/// On the straight path z_s = (1 - s) z + s eps, sigma = s / (1 - s), the velocity that D implies
/// is (z_s - D) / s, so this is the flow-matching loss with another weight over s; the minimiser is
/// the posterior mean E[z | x]. Returns the mean over the clips, a scalar that carries gradients.
Tensor teacher_loss(const nn::ConsistencyNetwork& network, const ExampleBatch& batch,
                    at::ScalarType compute);

/// Consistency distillation (Song, Dhariwal, Chen and Sutskever, ICML 2023): x at a random level of
/// `levels` is carried one step of Heun's method down the teacher's probability flow
/// dx/dsigma = (x - D(x; sigma)) / sigma, to the next level, and
///
///   loss = mean |f(x; sigma) - stop f(x'; sigma')|^2 / c_out(sigma)^2,
///
/// f(x'; 0) = x'. Returns the mean over the clips, a scalar that carries the student's gradients.
Tensor student_loss(const nn::ConsistencyNetwork& student, const nn::ConsistencyNetwork& teacher,
                    const ExampleBatch& batch, const std::vector<double>& levels,
                    at::ScalarType compute);

/// One step of Heun's method (Euler's, where it ends at 0) down the probability flow, of each clip
/// between its own levels.
Tensor flow_step(const nn::ConsistencyNetwork& teacher, const Tensor& x,
                 const std::vector<double>& from, const std::vector<double>& to,
                 at::ScalarType compute);

/// What validation tells of a network at one noise level.
struct ValidationRow {
  double sigma = 0;
  double psnr = 0;  ///< of D(z + sigma eps; sigma) to z, dB, pixels in [0, 1]
  double consistency =
      0;  ///< rms of D(x; sigma) - D(x'; sigma / 2), x' down the teacher's flow, over sigma
};

/// `teacher` null: consistency is left 0.
std::vector<ValidationRow> validate(const nn::ConsistencyNetwork& network,
                                    const nn::ConsistencyNetwork* teacher,
                                    const std::vector<Tensor>& clips,
                                    const std::vector<double>& sigmas, at::ScalarType compute);

}  // namespace lvtino::training
