#include "lvtino/plan.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "lvtino/spec_file.hpp"
#include "solvers/chambolle_pock.hpp"
#include "solvers/joint_certificate.hpp"
#include "solvers/joint_device.hpp"

BOOST_AUTO_TEST_SUITE(plan)

using namespace lvtino;
namespace tt = boost::test_tools;

namespace {

const Shape kDomain = {1, 3, 5, 16, 24};

Json base() {
  return Json::parse(R"({
    "operator": {"type": "compose", "operators": [{"type": "temporal_average", "factor": 4},
                                                  {"type": "spatial_decimation", "factor": 4}]},
    "noise": {"sigma": 0.01},
    "priors": {
      "video": {"type": "gaussian_video", "schedule": {"type": "rectified_flow", "snap": false}},
      "image": {"type": "gaussian_image"}
    },
    "total_variation": {"weights": [1, 2, 3]},
    "sampler": {"steps": [{"t_video": 500, "t_image": 300}, {"t_video": 200}]}
  })");
}

Json with(Json document, const std::string& pointer, const Json& value) {
  set_at_pointer(document, pointer, value);
  return document;
}

Plan read(const Json& document, Json* resolved = nullptr) {
  const SpecReader reader(document);
  const Plan plan = read_plan(reader, kDomain, {});
  reader.finish();
  if (resolved) *resolved = reader.resolved();
  return plan;
}

std::string pointer_of_failure(const Json& document) {
  try {
    read(document);
  } catch (const SpecError& error) {
    return error.pointer();
  }
  return "no failure";
}

double sigma_of(const Plan& plan) { return plan.noise->data_sigma(at::zeros({1})); }

double ratio(const NoiseSchedule& schedule, double t) {
  return schedule.noise(t) / schedule.signal(t);
}

// Does what the CPU does and counts how often; takes no box.
class CountingDevice final : public JointDevice {
 public:
  std::string refusal(const LinearOperator*, const JointProxOptions& options) const override {
    return options.box ? "no box" : "";
  }
  std::int64_t bytes(const Shape&, const Placement&, const TotalVariation&,
                     const LinearOperator*) const override {
    return 1234;
  }
  JointSolution solve(const JointProblem& problem, const JointProxOptions& given,
                      TvDual&& start) const override {
    ++calls;
    JointProxOptions options = given;
    if (options.step == 0) options.step = chosen_step(problem, options.rule) / problem.gamma;
    return chambolle_pock(problem, options, std::move(start));
  }
  mutable int calls = 0;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_spec_becomes_its_parts) {
  const Plan plan = read(base());
  BOOST_TEST((plan.domain == kDomain));
  BOOST_TEST((plan.op->range() == Shape{1, 3, 2, 4, 6}));
  BOOST_TEST(sigma_of(plan) == 0.01);
  BOOST_TEST(plan.video->name() == "gaussian_video");
  BOOST_TEST(plan.image->name() == "gaussian_image");
  BOOST_TEST(plan.variation.weights().h == 1);
  BOOST_TEST(plan.variation.weights().v == 2);
  BOOST_TEST(plan.variation.weights().t == 3);
  BOOST_TEST(plan.sampler.eta == 0.5);
  BOOST_TEST(plan.sampler.temperature == 1);
  BOOST_TEST(plan.sampler.steps.size() == 2u);
  BOOST_TEST(plan.joint.tolerance == 1e-4);
  BOOST_TEST((plan.joint.rule == StepRule::plain));
  BOOST_TEST(plan.estimated_bytes() > 8 * element_count(kDomain) * 4);
}

// delta of the latent is (noise / signal)^2 / 2; a pixel unit is `scale` latent units.
BOOST_AUTO_TEST_CASE(a_missing_delta_follows_from_the_time_of_the_video_prior) {
  for (const double scale : {1.0, 2.0, 5.0}) {
    const Json autoencoder = {{"type", "identity"}, {"scale", scale}};
    const Plan plan = read(with(base(), "/priors/video/autoencoder", autoencoder));
    // At t = 500 the straight line holds as much noise as signal.
    BOOST_TEST(plan.sampler.steps[0].delta == 0.5 / (scale * scale), tt::tolerance(1e-12));
    BOOST_TEST(plan.sampler.steps[1].delta == 0.5 * 0.0625 / (scale * scale), tt::tolerance(1e-12));
  }
}

BOOST_AUTO_TEST_CASE(without_video_prior_delta_follows_from_the_image_prior) {
  Json document = base();
  document["priors"]["video"] = nullptr;
  document["sampler"]["steps"] = {{{"t_image", 300}}, {{"delta", 0.01}}};
  const Plan plan = read(document);
  const double r = ratio(plan.image->schedule(), 300) / plan.image->autoencoder().scale();
  BOOST_TEST(plan.sampler.steps[0].delta == r * r / 2, tt::tolerance(1e-12));
}

BOOST_AUTO_TEST_CASE(missing_times_follow_from_delta) {
  Json document = base();
  document["sampler"]["steps"] = {{{"delta", 0.05}}, {{"delta", 0.02}}};
  for (const double scale : {1.0, 2.0}) {
    const Json autoencoder = {{"type", "identity"}, {"scale", scale}};
    document = with(with(document, "/priors/video/autoencoder", autoencoder),
                    "/priors/image/autoencoder", autoencoder);
    const Plan plan = read(document);
    const SamplerStep& step = plan.sampler.steps[0];
    BOOST_TEST(step.delta == 0.05);
    const double latent = 2 * 0.05 * scale * scale;
    BOOST_TEST(std::pow(ratio(plan.video->schedule(), step.t_video), 2) == latent,
               tt::tolerance(1e-9));
    BOOST_TEST(std::pow(ratio(plan.image->schedule(), step.t_image), 2) == latent,
               tt::tolerance(1e-9));
  }
}

BOOST_AUTO_TEST_CASE(a_ladder_falls_by_equal_factors) {
  const Json ladder = {{"steps", 3}, {"high", 2}, {"low", 0.02}, {"delta", 0.3}};
  const Json document = with(base(), "/sampler", {{"ladder", ladder}});
  const Plan plan = read(document);
  BOOST_TEST(plan.sampler.steps.size() == 3U);
  for (int k = 0; k < 3; ++k) {
    const SamplerStep& step = plan.sampler.steps[std::size_t(k)];
    const double expected = 2 * std::pow(0.1, k);
    BOOST_TEST(ratio(plan.video->schedule(), step.t_video) == expected, tt::tolerance(1e-9));
    if (k < 2)
      BOOST_TEST(std::abs(ratio(plan.image->schedule(), step.t_image) / expected - 1) < 0.02);
    BOOST_TEST(step.delta == 0.3);
  }
  const Plan tied =
      read(with(document, "/sampler/ladder", {{"steps", 3}, {"high", 2}, {"low", 0.02}}));
  const double scale = tied.video->autoencoder().scale();
  BOOST_TEST(tied.sampler.steps[1].delta == 0.2 * 0.2 / (scale * scale) / 2, tt::tolerance(1e-9));
  BOOST_TEST(read(with(base(), "/sampler/ladder", ladder)).sampler.steps.size() ==
             3U);  // base has 2
  BOOST_TEST(pointer_of_failure(with(document, "/sampler/ladder/low", 3)) == "/sampler/ladder/low");
  BOOST_TEST(pointer_of_failure(with(document, "/sampler/ladder/high", 1e5)) ==
             "/sampler/ladder/high");
}

BOOST_AUTO_TEST_CASE(what_is_given_is_kept) {
  Json document = base();
  document["sampler"]["steps"] = {{{"t_video", 500}, {"t_image", 10}, {"delta", 0.3}},
                                  {{"t_video", 200}}};
  const Plan plan = read(document);
  BOOST_TEST(plan.sampler.steps[0].t_video == 500);
  BOOST_TEST(plan.sampler.steps[0].t_image == 10);
  BOOST_TEST(plan.sampler.steps[0].delta == 0.3);
}

BOOST_AUTO_TEST_CASE(the_resolved_spec_holds_times_and_steps) {
  Json resolved;
  const Plan plan = read(base(), &resolved);
  const Json& steps = resolved["sampler"]["steps"];
  BOOST_TEST(steps[0]["delta"].get<double>() == plan.sampler.steps[0].delta);
  BOOST_TEST(steps[0]["t_image"].get<double>() == 300);
  BOOST_TEST(steps[1]["t_video"].get<double>() == 200);
  BOOST_TEST((!steps[1].contains("t_image") || steps[1]["t_image"].is_null()));
  // Read again, the resolved spec is the same plan.
  const Plan again = read(resolved);
  BOOST_TEST(again.sampler.steps[0].delta == plan.sampler.steps[0].delta);
  BOOST_TEST(again.sampler.steps[1].delta == plan.sampler.steps[1].delta);
}

BOOST_AUTO_TEST_CASE(the_preset_of_the_paper_has_its_times) {
  Json document = base();
  document.erase("sampler"), document.erase("noise");
  document["priors"]["video"] = {{"type", "gaussian_video"}};
  document["preset"] = "paper";
  document = with_preset(document, ".");
  document.erase("preset");
  const Plan plan = read(document);
  BOOST_TEST(sigma_of(plan) == 0.001);
  BOOST_REQUIRE(plan.sampler.steps.size() == 5u);
  const std::vector<double> video = {757, 522, 375, 255, 125}, image = {374, 249, 124, 124};
  for (std::size_t k = 0; k < 5; ++k) BOOST_TEST(plan.sampler.steps[k].t_video == video[k]);
  for (std::size_t k = 0; k < 4; ++k) BOOST_TEST(plan.sampler.steps[k].t_image == image[k]);
  for (const SamplerStep& step : plan.sampler.steps) {
    const double r = ratio(plan.video->schedule(), step.t_video) / 2;
    BOOST_TEST(step.delta == r * r / 2, tt::tolerance(1e-12));
  }
}

BOOST_AUTO_TEST_CASE(without_image_prior_eta_is_one) {
  Json document = base();
  document["priors"]["image"] = nullptr;
  BOOST_TEST(read(document).sampler.eta == 1);
  document["priors"]["video"] = nullptr;
  document["sampler"]["steps"] = {{{"delta", 0.1}}};
  const Plan plan = read(document);
  BOOST_TEST(!plan.video);
  BOOST_TEST(plan.sampler.eta == 1);
}

BOOST_AUTO_TEST_CASE(errors_carry_the_pointer) {
  const auto failure = [](const std::string& pointer, const Json& value) {
    return pointer_of_failure(with(base(), pointer, value));
  };
  BOOST_TEST(pointer_of_failure(base()) == "no failure");
  BOOST_TEST(failure("/sampler/eta", 1) == "/sampler/eta");
  BOOST_TEST(failure("/sampler/eta", 0) == "/sampler/eta");
  BOOST_TEST(failure("/sampler/steps", Json::array()) == "/sampler/steps");
  BOOST_TEST(failure("/sampler/steps/1", Json::object()) == "/sampler/steps/1/delta");
  BOOST_TEST(failure("/sampler/steps/0/t_video", 2000) == "/sampler/steps/0/t_video");
  BOOST_TEST(failure("/sampler/steps/0/t_image", -2) == "/sampler/steps/0/t_image");
  BOOST_TEST(failure("/sampler/steps/0/t_video", 1000) ==
             "/sampler/steps/0/delta");                                            // no signal left
  BOOST_TEST(failure("/sampler/steps/0/t_video", 0) == "/sampler/steps/0/delta");  // no noise
  BOOST_TEST(failure("/sampler/steps/0/tvideo", 5) == "/sampler/steps/0/tvideo");
  BOOST_TEST(failure("/sampler/steps/0", {{"delta", 1e8}}) ==
             "/sampler/steps/0/delta");  // beyond VP
  BOOST_TEST(failure("/noise/sigma", 0) == "/noise/sigma");
  BOOST_TEST(failure("/start", {{"type", "zeros"}}) == "/start/type");
  BOOST_TEST(failure("/priors/video/type", "gausian_video") == "/priors/video/type");
  BOOST_TEST(failure("/priors/film", Json::object()) == "/priors/film");
  BOOST_TEST(failure("/total_variation/weights", {1, 1}) == "/total_variation/weights");
  BOOST_TEST(failure("/total_variation/weights/1", -1) == "/total_variation/weights/1");
  BOOST_TEST(failure("/solver", {{"rule", "fast"}}) == "/solver/rule");
  BOOST_TEST(failure("/solver", {{"tolerance", 0}}) == "/solver/tolerance");
  BOOST_TEST(failure("/operator/operators/1/factor", 0) == "/operator/operators/1/factor");
  BOOST_TEST(failure("/operator/operators/1/factor", 1000) == "/operator/operators/1");
}

// x_0 = A^+ y: consistent with the data, and of the smallest norm that is.
BOOST_AUTO_TEST_CASE(the_start_is_the_pseudo_inverse) {
  Json document = base();
  const Placement exact{at::kDouble, at::kCPU};
  const Plan plan = read_plan(SpecReader(document), kDomain, exact);
  const Measurement measured =
      simulate(plan.op, Rng(1).uniform(kDomain, exact), *plan.noise, Rng(2));
  const Tensor x = plan.start(measured).x;
  BOOST_TEST(l2_norm(plan.op->apply(x) - measured.y) < 1e-9 * l2_norm(measured.y));
  const Tensor other = pseudo_inverse(*plan.op, plan.op->apply(x));
  BOOST_TEST(l2_norm(other - x) < 1e-8 * l2_norm(x));

  // Where there are no factors: damped least squares from 0.
  document["operator"] = {
      {"type", "compose"},
      {"operators",
       {{{"type", "mask"}, {"keep", 0.5}}, {{"type", "spatial_blur"}, {"sigma", 0.6}}}}};
  document["solver"] = {{"conjugate_gradient", {{"tolerance", 1e-10}, {"max_iterations", 500}}}};
  const Plan iterated = read_plan(SpecReader(document), kDomain, exact);
  BOOST_REQUIRE(!iterated.op->gram_factors());
  const Measurement masked = simulate(iterated.op, Rng(1).uniform(kDomain, exact), 0.01, Rng(2));
  BOOST_TEST(l2_norm(iterated.op->apply(iterated.start(masked).x) - masked.y) <
             0.05 * l2_norm(masked.y));
}

BOOST_AUTO_TEST_CASE(noise_of_the_image_prior_and_temperatures) {
  BOOST_TEST(read(base()).sampler.image_noise_correlation == 0);
  BOOST_TEST(read(with(base(), "/sampler/image_noise", "shared")).sampler.image_noise_correlation ==
             1);
  Json document = with(base(), "/sampler/image_noise", "autoregressive");
  BOOST_TEST(pointer_of_failure(document) == "/sampler/image_noise_correlation");
  document = with(document, "/sampler/image_noise_correlation", 0.7);
  BOOST_TEST(read(document).sampler.image_noise_correlation == 0.7);
  BOOST_TEST(pointer_of_failure(with(base(), "/sampler/image_noise_correlation", 0.7)) ==
             "/sampler/image_noise_correlation");
  const Plan plan = read(with(base(), "/sampler/steps/1/temperature", 0.25));
  BOOST_TEST(!plan.sampler.steps[0].temperature);
  BOOST_TEST(*plan.sampler.steps[1].temperature == 0.25);
  BOOST_TEST(read(base()).samples == 1);
  BOOST_TEST(read(with(base(), "/sampler/samples", 8)).samples == 8);
  BOOST_TEST(pointer_of_failure(with(base(), "/sampler/samples", 0)) == "/sampler/samples");
}

BOOST_AUTO_TEST_CASE(solvers_of_the_proximal_steps) {
  BOOST_TEST((read(base()).joint.method == JointMethod::chambolle_pock));
  BOOST_TEST((read(with(base(), "/solver/method", "fista")).joint.method == JointMethod::fista));
  BOOST_TEST(pointer_of_failure(with(base(), "/solver/method", "newton")) == "/solver/method");
  BOOST_TEST((read(with(base(), "/solver/fallback", "lsmr")).fallback == DataFallback::lsmr));
  const Plan boxed = read(with(base(), "/solver/box", {0, 1}));
  BOOST_TEST_REQUIRE(boxed.joint.box.has_value());
  BOOST_TEST(boxed.joint.box->high == 1);
  BOOST_TEST(pointer_of_failure(with(base(), "/solver/box", {1, 0})) == "/solver/box");
  BOOST_TEST(pointer_of_failure(with(base(), "/solver/box", {1})) == "/solver/box");
  BOOST_TEST(pointer_of_failure(with(with(base(), "/solver/box", {0, 1}), "/solver/method",
                                     "admm")) == "/solver/box");
}

BOOST_AUTO_TEST_CASE(a_memory_budget_cuts_the_joint_prox_into_channels) {
  const Json document = with(base(), "/total_variation/weights", {1, 1, 1});
  const Plan whole = read(document);
  BOOST_TEST(!whole.joint.by_slice);
  const double too_little = 0.8e-6 * double(whole.joint_bytes());
  BOOST_TEST(pointer_of_failure(with(document, "/solver/memory_budget", too_little)) ==
             "/solver/memory_budget");
  const Json cut =
      with(with(document, "/solver/memory_budget", too_little), "/solver/warm_start", false);
  const Plan sliced = read(cut);
  BOOST_TEST(sliced.joint.by_slice);
  BOOST_TEST(double(sliced.joint_bytes()) <= too_little * 1e6);
  // The same result, to the last bit.
  const Measurement measured =
      simulate(whole.op, Rng(1).uniform(kDomain, {}), *whole.noise, Rng(2));
  const Tensor u = Rng(3).uniform(kDomain, {});
  const Tensor a = whole.joint_prox(whole.data_prox(measured))->solve(u, 0.1).x;
  const Tensor b = sliced.joint_prox(sliced.data_prox(measured))->solve(u, 0.1).x;
  BOOST_TEST(at::equal(a, b));
}

BOOST_AUTO_TEST_CASE(a_device_computes_the_joint_proxes_that_it_takes) {
  const auto device = std::make_shared<CountingDevice>();
  const auto placed = [&](const Json& document) {
    Plan plan = read(document);
    BOOST_TEST(plan.joint_refusal() == "");  // of no device
    BOOST_TEST(plan.joint_device_bytes() == 0);
    plan.joint.device = device;
    return plan;
  };
  const auto restored = [&](const Plan& plan) {
    const Measurement y = simulate(plan.op, Rng(1).uniform(kDomain, {}), *plan.noise, Rng(2));
    SamplerObserver none;
    return plan.make_sampler(y).run({.x = plan.start(y).x}, Rng(3), none);
  };
  const Plan plan = placed(base());
  BOOST_TEST(plan.joint_refusal() == "");
  BOOST_TEST(plan.joint_device_bytes() == 1234);
  BOOST_TEST(plan.joint.keep_dual);
  BOOST_TEST(at::equal(restored(plan), restored(read(base()))));
  BOOST_TEST(device->calls == 2);  // a step each
  BOOST_TEST(!read(with(base(), "/solver/warm_start", false)).joint.keep_dual);
  // What it does not take.
  const Json boxed = with(base(), "/solver/box", {0, 1});
  const Plan refused = placed(boxed);
  BOOST_TEST(refused.joint_refusal() == "no box");
  BOOST_TEST(refused.joint_device_bytes() == 0);
  BOOST_TEST(at::equal(restored(refused), restored(read(boxed))));
  BOOST_TEST(device->calls == 2);
  BOOST_TEST(placed(with(base(), "/total_variation/weights", {0, 0, 0})).joint_refusal() != "");
  BOOST_TEST(placed(with(base(), "/measurement", {{"type", "quantization"}})).joint_refusal() !=
             "");
}

BOOST_AUTO_TEST_CASE(a_plan_makes_a_sampler_that_runs) {
  const Plan plan = read(base());
  const Measurement measured = simulate(plan.op, Rng(1).uniform(kDomain, {}), *plan.noise, Rng(2));
  const Sampler sampler = plan.make_sampler(measured);
  BOOST_TEST(sampler.video_evaluations() == 2);
  BOOST_TEST(sampler.image_evaluations() == 1);
  SamplerObserver none;
  const Tensor x = sampler.run({.x = plan.start(measured).x}, Rng(3), none);
  BOOST_TEST(count_non_finite(x) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
