#pragma once

#include <deque>
#include <future>

#include "lvtino/training/training_spec.hpp"

namespace lvtino::training {

/// The stream of examples of one training: example (step, index) is a pure function of the spec, so
/// that a resumed run sees what an uninterrupted one would.
class ExampleStream {
 public:
  /// Examples lie on `device`. While it is a GPU, the threads of the CPU render procedural clips
  /// ahead. Throws IoError if the folder of clips cannot be read.
  ExampleStream(const TrainingSpec& spec, const Rng& rng, at::Device device = at::kCPU);

  /// Frames [T, 3, h, w] with latents in [-1, 1]: T frames in a row of one clip (video models) or
  /// of different clips (image models), flipped, transposed and played backwards at random.
  Tensor example(std::int64_t step, std::int64_t index);

  /// Whole clips [T, 3, H, W], of the size of its clips, of the procedural world that training
  /// never sees.
  static std::vector<Tensor> validation(const TrainingSpec& spec, at::Device device = at::kCPU);

 private:
  Tensor clip(std::int64_t number);
  Tensor rendered(std::int64_t number) const;
  Tensor crop(const Tensor& clip, std::int64_t frames, const Rng& rng) const;

  const TrainingSpec& spec_;
  Rng rng_;
  at::Device device_;
  std::vector<Tensor> files_;              ///< a user's clips
  std::int64_t first_held_ = 0;            ///< number of the first of
  std::deque<Tensor> held_;                ///< procedural clips, and of
  std::deque<std::future<Tensor>> ahead_;  ///< those after them that are being rendered
};

}  // namespace lvtino::training
