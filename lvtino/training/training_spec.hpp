#pragma once

#include <optional>
#include <string>

#include "lvtino/core/spec.hpp"
#include "lvtino/world.hpp"
#include "priors/nn/consistency_network.hpp"

namespace lvtino::training {

/// Where examples come from: clips of which `kept` are held at a time, a new one replacing the
/// oldest every `clip_every` steps, and crops of them.
struct DataSpec {
  std::string folder;  ///< of the user's clips; empty: the procedural world
  WorldClip clip;      ///< size of a procedural clip, and of what is read of a user's clip
  std::int64_t kept = 16, clip_every = 2;
  std::int64_t frames = 12, height = 96, width = 96;  ///< of a crop
};

/// One of the two phases.
struct PhaseSpec {
  std::int64_t steps = 0;
  std::int64_t examples = 4;  ///< a step; their gradients are added
  double learning_rate = 1e-3;
  double average_decay = 0.999;
};

/// What `lvtino_train` is told.
struct TrainingSpec {
  std::string name;
  std::uint64_t seed = 0;
  nn::PyramidConfig network;
  nn::NoiseRange range;
  DataSpec data;
  PhaseSpec teacher, student;
  std::int64_t levels = 12;  ///< noise levels of the distillation, besides 0
  std::string initial;       ///< weights to start from; empty: fresh ones
  at::ScalarType compute = at::kFloat;
  std::string device = "cpu";  ///< or "cuda": where networks are evaluated, whole batches at once
  std::int64_t report_every = 250, validation_clips = 4;
  std::vector<double> validation_sigmas;
  std::string output;    ///< folder
  std::string resolved;  ///< the spec as JSON text, every default written out

  std::int64_t steps() const { return teacher.steps + student.steps; }
};

/// Throws SpecError.
TrainingSpec read_training_spec(const SpecReader& reader);

}  // namespace lvtino::training
