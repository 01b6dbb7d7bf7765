#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lvtino/core/registry.hpp"
#include "lvtino/sampler.hpp"
#include "operators/measurement.hpp"

namespace lvtino {

/// What a part of a step looks at and works with.
struct PartContext {
  int step;
  const SamplerOptions& options;
  const Prior* video;  ///< null: none
  const Prior* image;  ///< null: none
  const DataTerm& data;
  const JointProx& joint;
  const Rng& rng;  ///< of the run
  int earlier_video_uses =
      0;  ///< of the prior in this step: each use draws from a stream of its own
  int earlier_image_uses = 0;

  const SamplerStep& numbers() const { return options.steps[std::size_t(step)]; }
  double temperature() const { return numbers().temperature.value_or(options.temperature); }
  /// Fresh noise of the video (else image) prior; at its first use in a step that of Algorithm 1.
  Rng stream(bool of_video) const;
  /// y = A x + n. Throws NotSupportedError if the measurement is not linear.
  const Measurement& measurement() const;
};

/// What a part asks of a spec, each time that it runs.
struct PartNeeds {
  bool video_prior = false;  ///< one evaluation, at the step's t_video
  bool image_prior = false;  ///< one evaluation, at the step's t_image
  bool image_time = false;   ///< the step's t_image alone
  bool linear = false;       ///< y = A x + n and nothing else
};

/// One part of a step of the sampler, in a list that takes the place of Algorithm 1: the published
/// algorithms and the baselines are such lists. Immutable; what a run carries from part to part is
/// in the SamplerState.
class Part {
 public:
  virtual ~Part() = default;

  /// As the trace has it: "video prior", "clamp", ...
  const std::string& name() const { return name_; }
  /// Steps at which it runs, counted from 0; empty: all.
  const std::vector<int>& steps() const { return steps_; }
  bool runs_at(int step) const;

  virtual PartNeeds needs() const { return {}; }
  /// Videos of memory at its peak, argument and result among them.
  virtual int videos() const { return 2; }
  /// The new iterate, in memory of its own or x itself.
  virtual Tensor apply(const Tensor& x, SamplerState& state, const PartContext& context,
                       TraceEntry& entry) const = 0;

 protected:
  /// Reads "type" and "steps".
  explicit Part(const SpecReader& reader);

 private:
  std::string name_;
  std::vector<int> steps_;
};

using PartFactory = std::shared_ptr<const Part>(const SpecReader&);

/// Every part by name.
const Registry<PartFactory>& part_table();

/// What the parts of a spec may count on.
struct PartSetting {
  int steps;          ///< of the sampler
  bool video, image;  ///< whether the spec has the prior
  bool linear;        ///< whether y = A x + n
};

/// The list "parts" of a sampler's spec, empty if it has none. Throws SpecError at a part that asks
/// for what is not there, and for a list of which some step runs nothing.
std::vector<std::shared_ptr<const Part>> read_parts(const SpecReader& sampler,
                                                    const PartSetting& setting);

/// How often the prior is evaluated by a run with these options: by Algorithm 1, or by the parts.
int video_evaluations(const SamplerOptions& options);
int image_evaluations(const SamplerOptions& options);

/// SAE with the trace of what it did.
Tensor autoencode(const Prior& prior, const Tensor& x, double t, const Rng& rng, double temperature,
                  double frame_correlation, TraceEntry& entry);
/// The solution, its certificate in the trace.
Tensor solved(SolveSummary summary, TraceEntry& entry);

}  // namespace lvtino
