#include "lvtino/plan.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/parts.hpp"
#include "operators/table.hpp"
#include "operators/separable_operator.hpp"
#include "priors/table.hpp"
#include "solvers/boxed_data.hpp"
#include "solvers/joint_device.hpp"
#include "solvers/lsmr.hpp"

namespace lvtino {
namespace {

std::shared_ptr<const Prior> read_prior(const SpecReader& priors, const char* key, const char* doc,
                                        const Shape& domain, const Placement& placement) {
  const auto reader = priors.child_if(key, doc);
  return reader ? prior_table().make(*reader, domain, placement) : nullptr;
}

TotalVariation read_variation(const SpecReader& spec) {
  const SpecReader tv = spec.child("total_variation", "the weighted 3-D total variation phi",
                                   Json::object());
  const auto weights = tv.numbers(
      "weights", {.doc = "lambda along width, height and time, a unit of pixel difference",
                  .fallback = std::vector<double>{0, 0, 0}, .least = 3, .most = 3, .low = 0, .high = 1e9});
  const std::string kind = tv.choice("kind", {.doc = "one norm a voxel, or one a difference",
                                              .choices = {"isotropic", "anisotropic"},
                                              .fallback = "isotropic"});
  return TotalVariation(weights[0], weights[1], weights[2],
                        kind == "isotropic" ? TotalVariation::Kind::isotropic
                                            : TotalVariation::Kind::anisotropic);
}

std::optional<Box> read_box(const SpecReader& solver) {
  const auto bounds = solver.numbers(
      "box", {.doc = "[low, high]: constrain every pixel in data and joint prox; empty: free",
              .fallback = std::vector<double>{}, .least = 0, .most = 2, .low = -1e6, .high = 1e6});
  if (bounds.empty()) return {};
  if (bounds.size() != 2 || !(bounds[0] < bounds[1]))
    throw solver.error("box", "expected [low, high] with low < high, or []");
  return Box{bounds[0], bounds[1]};
}

void read_method(const SpecReader& solver, JointProxOptions& options) {
  options.method = joint_method(solver.choice(
      "method", {.doc = "of the joint prox", .choices = joint_method_names(), .fallback = "chambolle_pock"}));
  options.restart = solver.flag("restart", {.doc = "fista: momentum begins anew where the dual value fell",
                                            .fallback = true});
  options.penalty = solver.number("penalty", {.doc = "admm: of K x = z; 0: chosen", .fallback = 0.0, .low = 0, .high = 1e18});
  options.data_penalty = solver.number("data_penalty", {.doc = "admm: of the copy in the data term; 0: chosen",
                                                        .fallback = 0.0, .low = 0, .high = 1e18});
  const SpecReader adam = solver.child("adam", "of the method adam", Json::object());
  options.adam.learning_rate = adam.number("learning_rate", {.doc = "pixel units", .fallback = options.adam.learning_rate,
                                                             .low = 0, .high = 1e6, .above_low = true});
  options.adam.smoothing = adam.number("smoothing", {.doc = "epsilon of sqrt(|D x|^2 + epsilon^2), pixel units",
                                                     .fallback = options.adam.smoothing, .low = 0, .high = 1e6,
                                                     .above_low = true});
  options.box = read_box(solver);
  if (options.box && options.method != JointMethod::chambolle_pock && options.method != JointMethod::fista)
    throw solver.error("box", "expected method chambolle_pock or fista with a box");
}

JointProxOptions read_joint(const SpecReader& solver) {
  JointProxOptions options;
  read_method(solver, options);
  options.tolerance = solver.number("tolerance", {.doc = "relative duality gap of the joint prox",
                                                  .fallback = 1e-4, .low = 0, .high = 1, .above_low = true});
  options.max_iterations = int(solver.integer(
      "max_iterations", {.doc = "of the joint prox", .fallback = 500, .low = 1, .high = 1000000}));
  options.rule = solver.choice("rule", {.doc = "steps of Chambolle-Pock",
                                        .choices = {"plain", "accelerated"},
                                        .fallback = "plain"}) == "plain"
                     ? StepRule::plain
                     : StepRule::accelerated;
  options.step = solver.number("step", {.doc = "primal step in units of gamma; 0: chosen",
                                        .fallback = 0.0, .low = 0, .high = 1e9});
  options.relaxation = solver.number("relaxation", {.doc = "of Chambolle-Pock with plain steps, in (0, 2), 1: none; 0: chosen",
                                                    .fallback = 0.0, .low = 0, .high = 1.99});
  if (options.rule == StepRule::accelerated && options.relaxation != 0 && options.relaxation != 1)
    throw solver.error("relaxation", "expected 0 or 1 with the accelerated rule");
  options.check_every = int(solver.integer(
      "check_every", {.doc = "iterations between certificates; 0: chosen", .fallback = 0, .low = 0,
                      .high = 1000000}));
  return options;
}

ConjugateGradientOptions read_conjugate_gradient(const SpecReader& solver) {
  const SpecReader cg = solver.child("conjugate_gradient", "for operators without exact factors",
                                     Json::object());
  ConjugateGradientOptions options;
  options.tolerance = cg.number("tolerance", {.doc = "relative residual", .fallback = 1e-6, .low = 0,
                                              .high = 1, .above_low = true});
  options.max_iterations = int(
      cg.integer("max_iterations", {.doc = "at most", .fallback = 200, .low = 1, .high = 1000000}));
  return options;
}

IntervalProjectionOptions read_projection(const SpecReader& solver) {
  const SpecReader reader = solver.child("projection", "onto the intervals of quantised values, where it is iterated",
                                         Json::object());
  IntervalProjectionOptions options;
  options.feasibility = reader.number("feasibility", {.doc = "violation that may be left, pixel units; 0: 1e-9 in float64, 1e-5 in float32",
                                                      .fallback = 0.0, .low = 0, .high = 1});
  options.gap = reader.number("gap", {.doc = "duality gap relative to the squared distance", .fallback = 1e-6,
                                      .low = 0, .high = 1, .above_low = true});
  options.max_iterations = int(reader.integer(
      "max_iterations", {.doc = "at most", .fallback = 2000, .low = 1, .high = 1000000}));
  return options;
}

// Slice by slice where the joint prox would not fit the budget otherwise.
void read_memory(const SpecReader& solver, Plan& plan) {
  const double megabytes = solver.number(
      "memory_budget", {.doc = "MB (10^6 bytes) that the arrays of a joint prox may take, its argument included; 0: any",
                        .fallback = 0.0, .low = 0, .high = 1e9});
  plan.warm_start = solver.flag("warm_start", {.doc = "a joint prox begins with the dual field of the one before",
                                               .fallback = true});
  plan.joint.keep_dual = plan.warm_start;
  plan.memory_budget = std::int64_t(megabytes * 1e6);
  const auto fits = [&] { return plan.memory_budget == 0 || plan.joint_bytes() <= plan.memory_budget; };
  if (fits()) return;
  const std::int64_t whole = plan.joint_bytes();
  plan.joint.by_slice = true;
  const std::int64_t sliced = plan.joint_bytes();
  const auto* a = dynamic_cast<const SeparableOperator*>(plan.op.get());
  const bool separable = a && a->channel().is_identity();
  const bool possible = separable && plan.joint.method == JointMethod::chambolle_pock && !plan.warm_start;
  if (!possible || !fits())
    throw solver.error("memory_budget",
                       text("the joint prox takes ", whole / 1000000, " MB at once, ", sliced / 1000000,
                            " MB channel by channel, which needs a separable operator that does not mix channels, method chambolle_pock "
                            "and warm_start false; got ", megabytes));
}

// A time and a step size are tied by (noise / signal)^2 = 2 delta in the units of the latent, where
// a spec leaves one of them out.
double ratio_of(const Prior& prior, double delta) {
  return std::sqrt(2 * delta) * prior.autoencoder().scale();
}

double delta_of(const Prior& prior, double t, const SpecReader& step) {
  const double signal = prior.schedule().signal(t);
  if (signal <= 0)
    throw step.error("delta", text("t = ", t, " leaves no signal: expected delta to be given"));
  const double ratio = prior.schedule().noise(t) / signal / prior.autoencoder().scale();
  return ratio * ratio / 2;
}

double delta_of_ratio(const Plan& plan, double ratio) {
  const Prior* prior = plan.video ? plan.video.get() : plan.image.get();
  if (!prior) throw NotSupportedError("without a prior, expected delta to be given");
  return std::pow(ratio / prior->autoencoder().scale(), 2) / 2;
}

std::optional<double> read_time(const SpecReader& step, const char* key, const Prior* prior) {
  NumberField field{.doc = "noise time of the prior; left out: from delta"};
  if (prior) field.low = prior->schedule().t_min(), field.high = prior->schedule().t_max();
  return step.number_if(key, field);
}

double read_delta(const SpecReader& step, const Plan& plan, std::optional<double> t_video,
                  std::optional<double> t_image) {
  const auto given = step.number_if(
      "delta", {.doc = "step size, squared pixel units; left out: from t_video, else from t_image",
                .low = 0, .high = 1e9, .above_low = true});
  if (given) return *given;
  double delta = 0;
  if (plan.video && t_video)
    delta = delta_of(*plan.video, *t_video, step);
  else if (plan.image && t_image)
    delta = delta_of(*plan.image, *t_image, step);
  else
    throw step.error("delta", "expected a step size, or the time of a prior that it follows from");
  if (delta <= 0) throw step.error("delta", "the time given has no noise: expected delta to be given");
  return delta;
}

// Which times a step uses: those of Algorithm 1, or those that its parts ask for.
struct StepTimes {
  bool video, image;
};

StepTimes times_of(const SamplerOptions& options, int k, int steps) {
  if (options.parts.empty()) return {true, k + 1 < steps};
  StepTimes out{false, false};
  for (const auto& part : options.parts) {
    if (!part->runs_at(k)) continue;
    out.video |= part->needs().video_prior;
    out.image |= part->needs().image_prior || part->needs().image_time;
  }
  return out;
}

SamplerStep read_step(const SpecReader& step, const Plan& plan, const StepTimes& uses) {
  const auto t_video = read_time(step, "t_video", plan.video.get());
  const auto t_image = read_time(step, "t_image", plan.image.get());
  SamplerStep out{.delta = read_delta(step, plan, t_video, t_image)};
  out.temperature = step.number_if(
      "temperature", {.doc = "of this step; left out: that of the sampler", .low = 0, .high = 1});
  const auto time_of = [&](const Prior& prior, std::optional<double> t) {
    return t ? *t : prior.schedule().t_of_ratio(ratio_of(prior, out.delta));
  };
  try {
    if (plan.video && uses.video) out.t_video = time_of(*plan.video, t_video);
    if (plan.image && uses.image) out.t_image = time_of(*plan.image, t_image);
  } catch (const NotSupportedError& failure) {
    throw step.error("delta", failure.what());
  }
  step.resolve("delta", out.delta);
  if (plan.video && uses.video) step.resolve("t_video", out.t_video);
  if (plan.image && uses.image) step.resolve("t_image", out.t_image);
  return out;
}

int ladder_length(const SpecReader& ladder) {
  return int(ladder.integer("steps", {.doc = "iterations", .low = 1, .high = 1000}));
}

// Steps whose noise falls by the same factor each time, of either prior in the units of its latent.
std::vector<SamplerStep> read_ladder(const SpecReader& ladder, const Plan& plan, const SamplerOptions& options) {
  const int count = ladder_length(ladder);
  const NumberField level{.doc = "noise over signal of the first step", .low = 0, .high = 1e6, .above_low = true};
  const double high = ladder.number("high", level);
  const double low = ladder.number("low", {.doc = "noise over signal of the last step", .low = 0, .high = high, .above_low = true});
  const auto delta = ladder.number_if(
      "delta", {.doc = "step size of all steps, squared pixel units; left out: from the noise of each",
                .low = 0, .high = 1e9, .above_low = true});
  std::vector<SamplerStep> steps;
  for (int k = 0; k < count; ++k) {
    const StepTimes uses = times_of(options, k, count);
    const double ratio = count == 1 ? high : high * std::pow(low / high, double(k) / double(count - 1));
    SamplerStep step;
    try {
      if (plan.video && uses.video) step.t_video = plan.video->schedule().t_of_ratio(ratio);
      if (plan.image && uses.image) step.t_image = plan.image->schedule().t_of_ratio(ratio);
      step.delta = delta ? *delta : delta_of_ratio(plan, ratio);
    } catch (const NotSupportedError& failure) {
      throw ladder.error("high", failure.what());
    }
    steps.push_back(step);
  }
  return steps;
}

double read_image_noise(const SpecReader& reader) {
  const std::string kind = reader.choice(
      "image_noise", {.doc = "fresh noise of the image prior: new in every frame, one field for all, or e_t = rho e_(t-1) + sqrt(1 - rho^2) eps_t",
                      .choices = {"independent", "shared", "autoregressive"},
                      .fallback = "independent"});
  if (kind != "autoregressive") return kind == "shared" ? 1 : 0;
  return reader.number("image_noise_correlation",
                       {.doc = "rho of autoregressive image noise", .low = 0, .high = 1});
}

SamplerOptions read_sampler(const SpecReader& spec, Plan& plan) {
  const SpecReader reader = spec.child("sampler", "Algorithm 1 of arXiv 2510.01339");
  SamplerOptions options;
  options.eta = reader.number("eta", {.doc = "weight of the video prior; 1 without image prior",
                                      .fallback = plan.image ? 0.5 : 1.0, .low = 0, .high = 1,
                                      .above_low = true});
  if (plan.image && options.eta == 1)
    throw reader.error("eta", "expected a number in (0, 1) with an image prior, got 1");
  options.temperature = reader.number("temperature", {.doc = "scale of the fresh noise: 1 samples, 0 is plug-and-play",
                                                      .fallback = 1.0, .low = 0, .high = 1});
  plan.samples = int(reader.integer(
      "samples", {.doc = "independent runs; more than one: mean and standard deviation too",
                  .fallback = 1, .low = 1, .high = 10000}));
  options.image_noise_correlation = read_image_noise(reader);
  const auto ladder = reader.child_if("ladder", "steps of falling noise, which take the place of `steps`");
  if (ladder) reader.leave({"steps"});  // those of a preset
  const auto listed = ladder ? std::vector<SpecReader>{} : reader.children("steps", "iterations, in order", 1, 1000);
  const int n = ladder ? ladder_length(*ladder) : int(listed.size());
  options.parts = read_parts(reader, {.steps = n, .video = plan.video != nullptr, .image = plan.image != nullptr,
                                      .linear = plan.model->is_linear()});
  if (ladder) options.steps = read_ladder(*ladder, plan, options);
  for (int k = 0; k < int(listed.size()); ++k)
    options.steps.push_back(read_step(listed[std::size_t(k)], plan, times_of(options, k, n)));
  return options;
}

}  // namespace

Plan read_plan(const SpecReader& spec, const Shape& domain, const Placement& placement,
               std::shared_ptr<const JpegClip> jpeg) {
  Plan plan{.domain = domain, .placement = placement};
  const auto measurement = spec.child_if("measurement", "what is not linear in it; left out: y = A x + n");
  const char* doc = "the forward operator A";
  plan.op = operator_table().make(
      measurement ? spec.child("operator", doc, {{"type", "identity"}}) : spec.child("operator", doc), domain, placement);
  const SpecReader noise = spec.child("noise", "of the measurement");
  MeasurementContext context{.op = plan.op};
  if (measurement) {
    noise.choice("type", {.doc = "what enters before a measurement that is not linear", .choices = {"gaussian"}, .fallback = "gaussian"});
    context.sigma = noise.number("sigma", {.doc = "standard deviation of the Gaussian noise, pixel units; 0 where the measurement allows it",
                                           .low = 0, .high = 1e6});
  } else {
    plan.noise = context.noise = read_noise(noise);
  }
  plan.first = start_table().make(spec.child("start", "the first iterate", {{"type", "pseudo_inverse"}}),
                                  StartContext{plan.op, !measurement});
  plan.start_cutoff = plan.first->cutoff();
  const SpecReader priors = spec.child("priors", "what is known of clean videos", Json::object());
  plan.video = read_prior(priors, "video", "the video prior; null: none", domain, placement);
  plan.image = read_prior(priors, "image", "the frame-wise image prior; null: none", domain, placement);
  plan.variation = read_variation(spec);
  const SpecReader solver = spec.child("solver", "of the proximal steps", Json::object());
  plan.joint = read_joint(solver);
  plan.conjugate_gradient = read_conjugate_gradient(solver);
  plan.fallback = solver.choice("fallback", {.doc = "data steps of operators without exact factors, with the numbers of conjugate_gradient",
                                             .choices = {"conjugate_gradient", "lsmr"},
                                             .fallback = "conjugate_gradient"}) == "lsmr"
                      ? DataFallback::lsmr
                      : DataFallback::conjugate_gradient;
  read_memory(solver, plan);
  context.start_cutoff = plan.start_cutoff, context.conjugate_gradient = plan.conjugate_gradient;
  context.fallback = plan.fallback;
  context.jpeg = jpeg;
  plan.jpeg = std::move(jpeg);
  if (measurement) context.projection = read_projection(solver);
  plan.model = measurement ? measurement_table().make(*measurement, context) : linear_model(context);
  if (plan.model->is_linear() && !plan.noise) plan.noise = gaussian_noise(context.sigma);
  plan.sampler = read_sampler(spec, plan);
  plan.sampler.warm_start = plan.warm_start;
  return plan;
}

std::shared_ptr<const DataProx> Plan::data_prox(const Measurement& measurement) const {
  return std::make_shared<DataProx>(measurement, conjugate_gradient, fallback);
}

std::shared_ptr<const DataTerm> Plan::data_step(std::shared_ptr<const DataTerm> data) const {
  if (!joint.box) return data;
  JointProxOptions options = joint;
  options.by_slice = false, options.step = 0;
  return std::make_shared<BoxedData>(std::move(data), *joint.box, options);
}

std::shared_ptr<const JointProx> Plan::joint_prox(std::shared_ptr<const DataTerm> data) const {
  return std::make_shared<JointProx>(std::move(data), variation, joint);
}

std::string Plan::joint_refusal() const {
  if (!joint.device) return "";
  if (variation.squared_norm(domain) == 0) return "without total variation it is a data prox, which costs less than the way to a GPU";
  if (!model->is_linear()) return text("its kernels are for linear Gaussian measurements, got ", model->name());
  return joint.device->refusal(op.get(), joint);
}

std::int64_t Plan::joint_device_bytes() const {
  return joint.device && joint_refusal().empty() ? joint.device->bytes(domain, placement, variation, op.get()) : 0;
}

Sampler Plan::make_sampler(const Measurement& measurement) const {
  const auto data = data_prox(measurement);
  return Sampler(video, image, data_step(data), joint_prox(data), sampler);
}

SolveSummary Plan::start(const Measurement& measurement) const { return first->first(*model, measurement.y); }

std::int64_t Plan::joint_bytes() const {
  const std::int64_t item = placement.dtype == at::kDouble ? 8 : 4;
  const auto& w = variation.weights();
  const std::int64_t dual = (w.h > 0) + (w.v > 0) + (w.t > 0), boxed = joint.box ? 2 : 0, slices = domain[0] * domain[1];
  // In videos: argument, iterate, its predecessor or scratch, the dual field, and what is a method's own.
  std::int64_t videos = 3 + dual + boxed;
  if (joint.method == JointMethod::fista) videos += dual + (joint.box ? 1 : 0);
  if (joint.method == JointMethod::admm) videos += dual + 5;
  if (joint.method == JointMethod::adam) videos += 3;
  const std::int64_t bytes = element_count(domain) * item, data = element_count(op->range()) * 8 * 3;
  // Slice by slice: argument and result whole.
  return joint.by_slice ? 2 * bytes + ((videos - 1) * bytes + data) / slices : videos * bytes + data;
}

std::int64_t Plan::estimated_bytes() const {
  const std::int64_t item = placement.dtype == at::kDouble ? 8 : 4;
  const std::int64_t video_bytes = element_count(domain) * item;
  const auto& w = variation.weights();
  const int dual = (w.h > 0) + (w.v > 0) + (w.t > 0);
  // Autoencoding: input, noisy latent, two arrays of a transform; the dual field waits meanwhile.
  const int autoencoding = video || image ? 4 + dual : 0;
  // Truth and pseudo-inverse, for the report; of a series sample 0, mean and squares.
  const int kept = samples > 1 ? 5 : 2;
  std::int64_t largest = std::max(joint_bytes(), video_bytes * autoencoding);
  for (const auto& part : sampler.parts) largest = std::max(largest, video_bytes * (part->videos() + dual + 1));
  return video_bytes * kept + largest +
         element_count(model->range()) * item * 4;
}

}  // namespace lvtino
