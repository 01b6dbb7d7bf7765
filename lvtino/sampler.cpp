#include "lvtino/sampler.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"
#include "lvtino/core/meter.hpp"
#include "lvtino/parts.hpp"

namespace lvtino {
// Runs one part of a step, times it and hands what it did to the observer.
class Sampler::Tracer {
 public:
  Tracer(const DataTerm& data, SamplerObserver& observer) : data_(data), observer_(observer) {}

  template <class Work>  // Work: Tensor(TraceEntry&)
  Tensor part(int step, const std::string& name, const Work& work) const {
    observer_.begin(step, name);
    TraceEntry entry{.step = step, .part = name};
    const Clock clock;
    const ProcessorClock processor;
    const Tensor x = work(entry);
    entry.seconds = clock.seconds();
    entry.processor_seconds = processor.seconds();
    entry.residual = data_.misfit(x);
    if (!std::isfinite(*entry.residual))
      throw NumericalError(text("step ", step, ", ", name, ": the iterate is not finite"));
    observer_.after(entry, x);
    return x;
  }

 private:
  const DataTerm& data_;
  SamplerObserver& observer_;
};

Sampler::Sampler(std::shared_ptr<const Prior> video, std::shared_ptr<const Prior> image,
                 std::shared_ptr<const DataTerm> data_prox,
                 std::shared_ptr<const JointProx> joint_prox, SamplerOptions options)
    : video_(std::move(video)),
      image_(std::move(image)),
      data_prox_(std::move(data_prox)),
      joint_prox_(std::move(joint_prox)),
      options_(std::move(options)) {
  if (options_.steps.empty()) throw ShapeError("sampler: expected at least one step");
  const double top = image_ ? std::nextafter(1.0, 0.0) : 1.0;
  if (!(options_.eta > 0) || options_.eta > top)
    throw ShapeError(text("sampler: expected eta in (0, 1", image_ ? ")" : "]", ", got ", options_.eta));
  for (const auto& prior : {video_, image_})
    if (prior && prior->pixels() != data_prox_->domain())
      throw ShapeError(text("sampler: the prior ", prior->name(), " is of videos ",
                            to_string(prior->pixels()), ", the operator of ",
                            to_string(data_prox_->domain())));
}

Tensor Sampler::run(SamplerState state, const Rng& rng, SamplerObserver& observer) const {
  const Tracer trace(*data_prox_, observer);
  const int n = int(options_.steps.size());
  for (int k = state.next_step; k < n; ++k) {
    if (options_.parts.empty())
      algorithm_1(k, state, rng, trace);
    else
      listed_parts(k, state, rng, trace);
    state.next_step = k + 1;
    if (k + 1 < n) observer.checkpoint(state);
  }
  return state.output.defined() ? state.output : state.x;
}

void Sampler::algorithm_1(int k, SamplerState& state, const Rng& rng, const Tracer& trace) const {
  const SamplerStep& step = options_.steps[std::size_t(k)];
  const double t_video = step.t_video, t_image = step.t_image, delta = step.delta;
  const double temperature = step.temperature.value_or(options_.temperature), eta = options_.eta;
  Tensor& x = state.x;
  if (video_)
    x = trace.part(k, "video prior", [&](TraceEntry& entry) {
      return autoencode(*video_, x, t_video, rng.fork("video", k), temperature, 0, entry);
    });
  x = trace.part(k, "joint prox", [&](TraceEntry& entry) {  // g + phi
    JointSolution solution = joint_prox_->solve_from(x, delta * eta, std::move(state.dual));
    state.dual = options_.warm_start ? std::move(solution.dual) : TvDual{};
    return solved(solution.summary, entry);
  });
  if (k + 1 == int(options_.steps.size()) || !image_) return;
  x = trace.part(k, "image prior", [&](TraceEntry& entry) {
    return autoencode(*image_, x, t_image, rng.fork("image", k), temperature,
                      options_.image_noise_correlation, entry);
  });
  x = trace.part(k, "data prox", [&](TraceEntry& entry) {  // g
    return solved(data_prox_->solve(x, delta * (1 - eta)), entry);
  });
}

void Sampler::listed_parts(int k, SamplerState& state, const Rng& rng, const Tracer& trace) const {
  PartContext context{.step = k, .options = options_, .video = video_.get(), .image = image_.get(),
                      .data = *data_prox_, .joint = *joint_prox_, .rng = rng};
  for (const auto& part : options_.parts) {
    if (!part->runs_at(k)) continue;
    state.x = trace.part(k, part->name(), [&](TraceEntry& entry) {
      return part->apply(state.x, state, context, entry);
    });
    context.earlier_video_uses += part->needs().video_prior;
    context.earlier_image_uses += part->needs().image_prior;
  }
}

int Sampler::video_evaluations() const { return video_ ? lvtino::video_evaluations(options_) : 0; }
int Sampler::image_evaluations() const { return image_ ? lvtino::image_evaluations(options_) : 0; }

}  // namespace lvtino
