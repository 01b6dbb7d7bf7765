#pragma once

#include "priors/nn/safetensors.hpp"

namespace lvtino::training {

/// What training changes: parameters, their running average, and Adam's moments.
///
/// Adam (Kingma and Ba, ICLR 2015) with gradients clipped to a global norm; the average is
/// exponential with a decay that grows from 0 (min(decay, (1 + n) / (10 + n)) after n steps).
class TrainingState {
 public:
  /// Copies `parameters` (float32), on their device.
  explicit TrainingState(const nn::NamedTensors& parameters);

  /// Leaves that collect gradients.
  const nn::NamedTensors& parameters() const { return parameters_; }
  const nn::NamedTensors& average() const { return average_; }
  std::int64_t steps() const { return steps_; }

  struct Rates {
    double learning_rate = 1e-3;
    double average_decay = 0.999;
    double longest_gradient = 1;  ///< global norm that gradients are clipped to
  };
  /// One step along the collected gradients, which are then forgotten. Returns their norm before
  /// clipping. A norm that is not finite leaves everything as it was.
  double step(const Rates& rates);

  /// All tensors, on the CPU, under the names "parameters/...", "average/...", "moment1/...",
  /// "moment2/...".
  void save(nn::NamedTensors& out) const;
  /// On the device of the tensors. Throws IoError if one is missing or misshapen.
  static TrainingState restore(const nn::NamedTensors& saved, std::int64_t steps);

 private:
  nn::NamedTensors parameters_, average_, moment1_, moment2_;
  std::int64_t steps_ = 0;
};

}  // namespace lvtino::training
