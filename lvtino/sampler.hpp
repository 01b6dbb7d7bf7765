#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lvtino/core/rng.hpp"
#include "priors/prior.hpp"
#include "solvers/joint_prox.hpp"

namespace lvtino {

class Part;

/// One iteration of Algorithm 1: the noise times of the two priors and the step size.
struct SamplerStep {
  double t_video = 0;
  double t_image = 0;
  double delta = 0;  ///< Langevin step, squared pixel units
  std::optional<double> temperature = {};  ///< in the place of that of all steps
};

struct SamplerOptions {
  std::vector<SamplerStep> steps;
  double eta = 0.5;          ///< weight of the video prior, in (0, 1]
  double temperature = 1;    ///< scale of the fresh noise: 1 samples, 0 is plug-and-play
  bool warm_start = true;    ///< a joint prox begins with the dual field of the one before
  double image_noise_correlation = 0;  ///< of the image prior's noise in neighbouring frames, 0 .. 1
  /// What a step consists of, in order; empty: Algorithm 1.
  std::vector<std::shared_ptr<const Part>> parts = {};
};

/// What one half of one step did, as the report shows it.
struct TraceEntry {
  int step = 0;
  std::string part;                 ///< "video prior", "joint prox", "image prior", "data prox", ...
  std::optional<double> t;          ///< of a prior
  std::optional<double> noise;      ///< of a prior: noise(t) over signal(t)
  std::optional<double> residual;   ///< misfit of the data term after the part
  std::optional<double> gap;        ///< relative duality gap of an iterative prox
  std::optional<int> iterations;
  bool converged = true;
  std::string message;
  double seconds = 0;               ///< not part of the result
  double processor_seconds = 0;     ///< of all threads; not part of the result
  int sample = 0;                   ///< of a series
};

/// What the sampler must keep to go on exactly where it stopped: the iterate after `next_step`
/// whole steps, the dual field from which the next joint prox starts, and what a part has named the
/// result.
struct SamplerState {
  int next_step = 0;
  Tensor x;
  TvDual dual = {};
  Tensor output = {};
};

/// Watches a run: trace, progress, checkpoints and saved intermediates attach here.
class SamplerObserver {
 public:
  virtual ~SamplerObserver() = default;
  virtual void begin(int step, const std::string& part) {}
  /// After each part, with the iterate.
  virtual void after(const TraceEntry& entry, const Tensor& x) {}
  /// After each whole step but the last. May throw Interrupted.
  virtual void checkpoint(const SamplerState& state) {}
};

/// LVTINO, Algorithm 1 of arXiv 2510.01339: approximate samples of
///   p(x | y)  ~  exp(-g(x)) pV(x)^eta pI(x)^(1-eta) exp(-phi(x))
/// by alternating stochastic autoencoding with the priors and proximal steps.
/// With `parts` in its options it runs that list in each step instead: the published code, the baselines
/// (lvtino/parts.hpp).
/// Either prior may be null: without the image prior its half of a step is left out (LVTINO-V),
/// without both the sampler is the joint prox alone (certified TV restoration).
class Sampler {
 public:
  /// Throws SpecError-free ShapeError / NumericalError if the parts do not fit each other.
  Sampler(std::shared_ptr<const Prior> video, std::shared_ptr<const Prior> image,
          std::shared_ptr<const DataTerm> data_prox, std::shared_ptr<const JointProx> joint_prox,
          SamplerOptions options);

  /// The iterate after the last step (or what the part `output` saw last), from `start` (step 0: x_0, say A^+ y). The dual field of `start`
  /// is worked on in place, and so is that of the state which an observer's `checkpoint` sees: clone
  /// to keep either.
  Tensor run(SamplerState start, const Rng& rng, SamplerObserver& observer) const;

  const SamplerOptions& options() const { return options_; }
  /// Network (or model) evaluations of one run: video and image prior applications.
  int video_evaluations() const;
  int image_evaluations() const;

 private:
  class Tracer;
  void algorithm_1(int step, SamplerState& state, const Rng& rng, const Tracer& trace) const;
  void listed_parts(int step, SamplerState& state, const Rng& rng, const Tracer& trace) const;

  std::shared_ptr<const Prior> video_, image_;
  std::shared_ptr<const DataTerm> data_prox_;
  std::shared_ptr<const JointProx> joint_prox_;
  SamplerOptions options_;
};

}  // namespace lvtino
