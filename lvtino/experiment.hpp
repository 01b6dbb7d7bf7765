#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "lvtino/core/meter.hpp"
#include "lvtino/plan.hpp"
#include "lvtino/spec_file.hpp"
#include "lvtino/video.hpp"

namespace lvtino {

/// What a run is told beside its spec: nothing here changes the numbers of the result.
struct RunOptions {
  std::string output;                          ///< folder; empty: the spec's
  bool resume = false;
  bool progress = true;
  std::function<bool()> interrupted = [] { return false; };
};

/// How a spec wants its results kept.
struct OutputSpec {
  std::string folder;
  std::vector<std::string> save;     ///< names of videos: restoration, truth, measurement, ...
  std::vector<std::string> formats;  ///< extensions for each of them
  std::string intermediates;         ///< "none", "steps" or "parts"
  bool checkpoints = true;
};

/// One clip of a spec, read and understood: everything is checked, nothing is computed yet.
struct Experiment {
  std::string name, title, clip;
  std::uint64_t seed = 0;
  std::string device = "cpu";  ///< "cuda": of the joint proxes; --check compares its kernels with the CPU's
  Video video;               ///< the truth, or the measured video
  bool video_is_truth = true;
  Plan plan;
  std::vector<std::string> baselines;
  std::vector<SpecReader> metrics;
  OutputSpec output;
  Json resolved;             ///< the spec of this clip with every default written out
  Json schema;               ///< of the whole spec, drawn from the reading

  /// Streams of this clip: they do not depend on the clips beside it.
  Rng rng() const { return Rng(seed).fork("clip").fork(clip); }
  /// What was measured: simulated from the truth, or the clip itself.
  Tensor measured() const;
};

/// Names of the clips of a spec, checked to be distinct.
std::vector<std::string> clip_names(const SpecFile& spec);

/// Reads the clip and everything that the spec says of it. Throws SpecError, IoError, ShapeError.
Experiment read_experiment(const SpecFile& spec, const std::string& clip,
                           const std::string& device = "");

struct RunResult {
  Json report;
  Tensor restoration;   ///< the last iterate, not clamped
  std::string folder;
};

/// Degrades, restores, measures and reports one clip. Results appear in the output folder when they
/// are complete. Throws Interrupted (the last checkpoint stays), IoError, NumericalError.
RunResult run_experiment(const Experiment& experiment, const RunOptions& options);

}  // namespace lvtino
