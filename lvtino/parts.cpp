#include "lvtino/parts.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/part_factories.hpp"
#include "solvers/data_prox.hpp"

namespace lvtino {
namespace {

std::vector<int> read_steps(const SpecReader& reader) {
  std::vector<int> out;
  for (double step :
       reader.numbers("steps", {.doc = "steps at which it runs, counted from 0; empty: all",
                               .fallback = std::vector<double>{},
                               .most = 1000,
                               .low = 0,
                               .high = 999})) {
    if (step != std::floor(step))
      throw reader.error("steps", text("expected whole numbers, got ", step));
    out.push_back(int(step));
  }
  return out;
}

int evaluations(const SamplerOptions& options, bool PartNeeds::*prior) {
  int count = 0;
  for (int k = 0; k < int(options.steps.size()); ++k)
    for (const auto& part : options.parts) count += part->runs_at(k) && part->needs().*prior;
  return count;
}

}  // namespace

Rng PartContext::stream(bool of_video) const {
  const std::string name = of_video ? "video" : "image";
  const int earlier = of_video ? earlier_video_uses : earlier_image_uses;
  return rng.fork(earlier == 0 ? name : text(name, " again ", earlier), step);
}

const Measurement& PartContext::measurement() const {
  const auto* const linear = dynamic_cast<const DataProx*>(joint.data());
  if (!linear) throw NotSupportedError("a part that works with A needs a measurement y = A x + n");
  return linear->measurement();
}

Part::Part(const SpecReader& reader)
    : name_(reader.type(part_table().names())), steps_(read_steps(reader)) {
  std::replace(name_.begin(), name_.end(), '_', ' ');
}

bool Part::runs_at(int step) const {
  return steps_.empty() || std::find(steps_.begin(), steps_.end(), step) != steps_.end();
}

const Registry<PartFactory>& part_table() {
  static const Registry<PartFactory> table(
      "sampler part",
      {{"video_prior", "SAE with the video prior at the step's t_video",
        R"({"type": "video_prior"})", parts::read_video_prior},
       {"image_prior", "SAE with the image prior at the step's t_image",
        R"({"type": "image_prior"})", parts::read_image_prior},
       {"guided_prior", "SAE, then a step against the gradient of the misfit through it (DPS)",
        R"({"type": "guided_prior", "prior": "video", "scale": 5})", parts::read_guided_prior},
       {"joint_prox", "the certified prox of g + phi, the spec's solver",
        R"({"type": "joint_prox"})", parts::read_joint_prox},
       {"data_prox", "the exact prox of g", R"({"type": "data_prox", "gamma": 0.01})",
        parts::read_data_prox},
       {"least_squares_cg", "a fixed number of conjugate gradients on (A'A + w I) x = A'y + w v",
        R"({"type": "least_squares_cg", "iterations": 19, "weight": 1e-6})",
        parts::read_least_squares_cg},
       {"tv_least_squares_pdhg",
        "a fixed number of primal-dual iterations on |A x - y|^2/2 + phi (published Problem A)",
        R"({"type": "tv_least_squares_pdhg", "weights": [0, 0, 1.436895e-4]})",
        parts::read_tv_least_squares_pdhg},
       {"tv_least_squares_adam",
        "a fixed number of steps of Adam on the same, smoothed (published Problem C)",
        R"({"type": "tv_least_squares_adam", "weights": [3e-7, 3e-7, 3e-7]})",
        parts::read_tv_least_squares_adam},
       {"clamp", "cut to [low, high]", R"({"type": "clamp"})", parts::read_clamp},
       {"rounding", "round to a narrower type", R"({"type": "rounding", "to": "bfloat16"})",
        parts::read_rounding},
       {"low_pass", "Gaussian blur of each frame that fades with the noise level (VISION-XL)",
        R"({"type": "low_pass", "scale": 2})", parts::read_low_pass},
       {"output", "the iterate as it is here is the result", R"({"type": "output"})",
        parts::read_output}});
  return table;
}

std::vector<std::shared_ptr<const Part>> read_parts(const SpecReader& sampler,
                                                    const PartSetting& setting) {
  std::vector<std::shared_ptr<const Part>> out;
  const auto readers = sampler.children(
      "parts", "what each step consists of, in order; empty: Algorithm 1", 0, 100, Json::array());
  for (const SpecReader& reader : readers) {
    out.push_back(part_table().make(reader));
    const PartNeeds needs = out.back()->needs();
    if (needs.video_prior && !setting.video) throw reader.error("", "the spec has no video prior");
    if ((needs.image_prior || needs.image_time) && !setting.image)
      throw reader.error("", "the spec has no image prior");
    if (needs.linear && !setting.linear)
      throw reader.error("", "works with A: expected a measurement y = A x + n");
    for (int step : out.back()->steps())
      if (step >= setting.steps)
        throw reader.error("steps",
                           text("the sampler has steps 0 to ", setting.steps - 1, ", got ", step));
  }
  for (int k = 0; !out.empty() && k < setting.steps; ++k)
    if (std::none_of(out.begin(), out.end(), [&](const auto& part) { return part->runs_at(k); }))
      throw sampler.error("parts", text("no part runs at step ", k));
  return out;
}

int video_evaluations(const SamplerOptions& options) {
  return options.parts.empty() ? int(options.steps.size())
                               : evaluations(options, &PartNeeds::video_prior);
}

int image_evaluations(const SamplerOptions& options) {
  return options.parts.empty() ? int(options.steps.size()) - 1
                               : evaluations(options, &PartNeeds::image_prior);
}

Tensor autoencode(const Prior& prior, const Tensor& x, double t, const Rng& rng, double temperature,
                  double frame_correlation, TraceEntry& entry) {
  entry.t = t;
  entry.noise = prior.schedule().noise(t) / prior.schedule().signal(t);
  return stochastic_autoencode(prior, x, t, rng, temperature, frame_correlation);
}

Tensor solved(SolveSummary summary, TraceEntry& entry) {
  entry.converged = summary.ok();
  entry.message = summary.message;
  if (summary.why != SolveSummary::Why::exact) {
    entry.gap = summary.residual;
    entry.iterations = summary.iterations;
  }
  return summary.x;
}

}  // namespace lvtino
