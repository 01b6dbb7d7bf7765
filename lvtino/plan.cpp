#include "lvtino/plan.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "operators/table.hpp"
#include "priors/table.hpp"

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

JointProxOptions read_joint(const SpecReader& solver) {
  JointProxOptions options;
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

SamplerStep read_step(const SpecReader& step, const Plan& plan, bool last) {
  const auto t_video = read_time(step, "t_video", plan.video.get());
  const auto t_image = read_time(step, "t_image", plan.image.get());
  SamplerStep out{.delta = read_delta(step, plan, t_video, t_image)};
  out.temperature = step.number_if(
      "temperature", {.doc = "of this step; left out: that of the sampler", .low = 0, .high = 1});
  const auto time_of = [&](const Prior& prior, std::optional<double> t) {
    return t ? *t : prior.schedule().t_of_ratio(ratio_of(prior, out.delta));
  };
  try {
    if (plan.video) out.t_video = time_of(*plan.video, t_video);
    if (plan.image && !last) out.t_image = time_of(*plan.image, t_image);
  } catch (const NotSupportedError& failure) {
    throw step.error("delta", failure.what());
  }
  step.resolve("delta", out.delta);
  if (plan.video) step.resolve("t_video", out.t_video);
  if (plan.image && !last) step.resolve("t_image", out.t_image);
  return out;
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
  const auto steps = reader.children("steps", "iterations, in order", 1, 1000);
  for (std::size_t k = 0; k < steps.size(); ++k)
    options.steps.push_back(read_step(steps[k], plan, k + 1 == steps.size()));
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
  const SpecReader start = spec.child("start", "the first iterate", {{"type", "pseudo_inverse"}});
  start.type({"pseudo_inverse"});
  plan.start_cutoff = start.number("cutoff", {.doc = "singular values below this part of the largest count as 0",
                                              .fallback = 1e-3, .low = 0, .high = 1});
  const SpecReader priors = spec.child("priors", "what is known of clean videos", Json::object());
  plan.video = read_prior(priors, "video", "the video prior; null: none", domain, placement);
  plan.image = read_prior(priors, "image", "the frame-wise image prior; null: none", domain, placement);
  plan.variation = read_variation(spec);
  const SpecReader solver = spec.child("solver", "of the proximal steps", Json::object());
  plan.joint = read_joint(solver);
  plan.conjugate_gradient = read_conjugate_gradient(solver);
  context.start_cutoff = plan.start_cutoff, context.conjugate_gradient = plan.conjugate_gradient;
  context.jpeg = jpeg;
  plan.jpeg = std::move(jpeg);
  if (measurement) context.projection = read_projection(solver);
  plan.model = measurement ? measurement_table().make(*measurement, context) : linear_model(context);
  if (plan.model->is_linear() && !plan.noise) plan.noise = gaussian_noise(context.sigma);
  plan.sampler = read_sampler(spec, plan);
  return plan;
}

std::shared_ptr<const DataProx> Plan::data_prox(const Measurement& measurement) const {
  return std::make_shared<DataProx>(measurement, conjugate_gradient);
}

std::shared_ptr<const JointProx> Plan::joint_prox(std::shared_ptr<const DataTerm> data) const {
  return std::make_shared<JointProx>(std::move(data), variation, joint);
}

Sampler Plan::make_sampler(const Measurement& measurement) const {
  const auto data = data_prox(measurement);
  return Sampler(video, image, data, joint_prox(data), sampler);
}

Tensor Plan::start(const Measurement& measurement) const {
  return least_squares(op, measurement.y, measurement.sigma, start_cutoff, conjugate_gradient);
}

std::int64_t Plan::estimated_bytes() const {
  const std::int64_t item = placement.dtype == at::kDouble ? 8 : 4;
  const std::int64_t video_bytes = element_count(domain) * item;
  const auto& w = variation.weights();
  const int dual = (w.h > 0) + (w.v > 0) + (w.t > 0);
  // Joint prox: input, iterate, its predecessor and the dual field, which it works on in place.
  const int prox = 3 + dual;
  // Autoencoding: input, noisy latent, two arrays of a transform; the dual field waits meanwhile.
  const int autoencoding = video || image ? 4 + dual : 0;
  // Truth and pseudo-inverse, for the report; of a series sample 0, mean and squares.
  const int kept = samples > 1 ? 5 : 2;
  return video_bytes * (kept + std::max(prox, autoencoding)) + element_count(model->range()) * item * 4;
}

}  // namespace lvtino
