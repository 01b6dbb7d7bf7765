#include "lvtino/sampler.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>
#include <map>

#include "gaussian_chain.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "priors/spectrum.hpp"

BOOST_AUTO_TEST_SUITE(sampler)

using namespace lvtino;

namespace {

std::shared_ptr<const Prior> gaussian(const char* name, const Shape& pixels, const Placement& p,
                                      bool video) {
  const auto coder = identity_autoencoder();
  const PowerLaw law = video ? natural_video() : natural_image();
  const Tensor c = law.variance(video ? pixels[2] : 1, pixels[3], pixels[4]).unsqueeze(0) * 4;
  const auto schedule = video ? rectified_flow(false) : vp_scaled_linear();
  return std::make_shared<Prior>(
      name, pixels, coder,
      std::make_shared<GaussianModel>(pixels, p, schedule, GaussianLaw{{-0.14}, c.contiguous()}));
}

// Problem A on a small video, with or without each of its parts.
struct Setting {
  Shape domain{1, 3, 6, 16, 24};
  Placement placement{at::kFloat, at::kCPU};
  std::shared_ptr<const Prior> video, image;
  TotalVariation tv{0.3, 0.3, 0.2};
  SamplerOptions options{.steps = {{.t_video = 700, .t_image = 374, .delta = 0.1},
                                   {.t_video = 500, .t_image = 249, .delta = 0.05},
                                   {.t_video = 350, .t_image = 124, .delta = 0.02},
                                   {.t_video = 240, .t_image = 124, .delta = 0.01},
                                   {.t_video = 120, .t_image = 124, .delta = 0.005}}};

  Setting() { make_priors(); }
  explicit Setting(Shape shape) : domain(std::move(shape)) { make_priors(); }
  void make_priors() {
    video = gaussian("v", domain, placement, true);
    image = gaussian("i", domain, placement, false);
  }

  std::shared_ptr<const DataProx> data() const {
    const auto op = std::make_shared<SeparableOperator>(
        "A", domain, placement, average(domain[2], 4, Tail::replicate),
        decimate(domain[3], 4, Filter::bicubic, Boundary::reflect),
        decimate(domain[4], 4, Filter::bicubic, Boundary::reflect));
    const Tensor truth = Rng(1).uniform(domain, placement);
    return std::make_shared<DataProx>(simulate(op, truth, 0.01, Rng(2)));
  }
  Sampler sampler() const {
    const auto prox = data();
    return Sampler(video, image, prox,
                   std::make_shared<JointProx>(prox, tv, JointProxOptions{.tolerance = 1e-3}),
                   options);
  }
  SamplerState start() const { return {.x = at::full(domain, 0.5, placement.options())}; }
};

struct Recorder final : SamplerObserver {
  std::vector<std::pair<int, std::string>> begun;
  std::vector<TraceEntry> entries;
  std::vector<Tensor> iterates;
  std::vector<SamplerState> states;
  int stop_at = std::numeric_limits<int>::max();

  void begin(int step, const std::string& part) override { begun.emplace_back(step, part); }
  void after(const TraceEntry& entry, const Tensor& x) override {
    entries.push_back(entry);
    iterates.push_back(x.clone());
  }
  void checkpoint(const SamplerState& state) override {
    states.push_back({state.next_step, state.x.clone(), state.dual.clone()});
    if (state.next_step == stop_at) throw Interrupted("stop");
  }
  int count(const std::string& part) const {
    return int(std::count_if(entries.begin(), entries.end(),
                             [&](const TraceEntry& entry) { return entry.part == part; }));
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(five_steps_are_five_and_four_evaluations) {
  const Setting setting;
  const Sampler sampler = setting.sampler();
  Recorder seen;
  sampler.run(setting.start(), Rng(3), seen);
  BOOST_TEST(sampler.video_evaluations() == 5);
  BOOST_TEST(sampler.image_evaluations() == 4);
  BOOST_TEST(seen.count("video prior") == 5);
  BOOST_TEST(seen.count("joint prox") == 5);
  BOOST_TEST(seen.count("image prior") == 4);
  BOOST_TEST(seen.count("data prox") == 4);
}

BOOST_AUTO_TEST_CASE(the_trace_follows_the_algorithm) {
  const Setting setting;
  Recorder seen;
  const Tensor x = setting.sampler().run(setting.start(), Rng(3), seen);
  const std::vector<std::string> parts = {"video prior", "joint prox", "image prior", "data prox"};
  BOOST_REQUIRE(seen.entries.size() == 18u);
  BOOST_REQUIRE(seen.begun.size() == 18u);
  for (std::size_t i = 0; i < 18; ++i) {
    const TraceEntry& entry = seen.entries[i];
    BOOST_TEST(entry.step == int(i / 4));
    BOOST_TEST(entry.part == parts[i % 4]);
    BOOST_TEST((seen.begun[i] == std::pair(entry.step, entry.part)));
    BOOST_TEST(entry.converged);
    BOOST_TEST(entry.residual.has_value());
    BOOST_TEST(entry.t.has_value() == (i % 2 == 0));
    BOOST_TEST(entry.gap.has_value() == (i % 4 == 1));
    BOOST_TEST(entry.iterations.has_value() == (i % 4 == 1));
    BOOST_TEST(entry.seconds >= 0);
  }
  BOOST_TEST(*seen.entries[2].t == 374);
  BOOST_TEST(*seen.entries[0].noise == 700.0 / 300, boost::test_tools::tolerance(1e-12));
  BOOST_TEST(*seen.entries[1].gap <= 1e-3);
  BOOST_TEST(at::equal(seen.iterates.back(), x));
}

// The residual of the trace is that of the iterate, and the data prox brings it to about the noise.
BOOST_AUTO_TEST_CASE(the_trace_measures_the_iterate) {
  const Setting setting;
  Recorder seen;
  setting.sampler().run(setting.start(), Rng(3), seen);
  const auto data = setting.data();
  for (std::size_t i = 0; i < seen.entries.size(); ++i)
    BOOST_TEST(*seen.entries[i].residual ==
               relative_residual(data->measurement(), seen.iterates[i]));
  BOOST_TEST(*seen.entries[0].residual > 5 * *seen.entries[1].residual);
}

BOOST_AUTO_TEST_CASE(checkpoints_come_after_each_whole_step_but_the_last) {
  const Setting setting;
  Recorder seen;
  setting.sampler().run(setting.start(), Rng(3), seen);
  BOOST_REQUIRE(seen.states.size() == 4u);
  for (std::size_t k = 0; k < 4; ++k) {
    BOOST_TEST(seen.states[k].next_step == int(k) + 1);
    BOOST_TEST(at::equal(seen.states[k].x, seen.iterates[4 * k + 3]));
    BOOST_TEST(seen.states[k].dual.h.defined());
  }
}

BOOST_AUTO_TEST_CASE(a_run_resumes_bit_for_bit) {
  const Setting setting;
  const Sampler sampler = setting.sampler();
  Recorder whole;
  const Tensor x = sampler.run(setting.start(), Rng(3), whole);
  for (const SamplerState& state : whole.states) {
    Recorder rest;
    const Tensor again =
        sampler.run({state.next_step, state.x.clone(), state.dual.clone()}, Rng(3), rest);
    BOOST_TEST(at::equal(again, x), "from step " << state.next_step);
    BOOST_TEST(rest.entries.size() == 18u - 4 * std::size_t(state.next_step));
  }
  // What a state without its dual field would lose: the joint prox starts cold and stops elsewhere.
  Recorder rest;
  const Tensor cold =
      sampler.run({whole.states[2].next_step, whole.states[2].x.clone(), {}}, Rng(3), rest);
  BOOST_TEST(!at::equal(cold, x));
}

BOOST_AUTO_TEST_CASE(an_exception_of_the_observer_ends_the_run) {
  const Setting setting;
  const Sampler sampler = setting.sampler();
  Recorder whole, interrupted, rest;
  const Tensor x = sampler.run(setting.start(), Rng(3), whole);
  interrupted.stop_at = 2;
  BOOST_CHECK_THROW(sampler.run(setting.start(), Rng(3), interrupted), Interrupted);
  BOOST_REQUIRE(interrupted.states.size() == 2u);
  BOOST_TEST(interrupted.entries.size() == 8u);
  BOOST_TEST(at::equal(sampler.run(interrupted.states.back(), Rng(3), rest), x));
}

BOOST_AUTO_TEST_CASE(the_seed_decides_and_the_start_stays_untouched) {
  const Setting setting;
  const Sampler sampler = setting.sampler();
  SamplerObserver none;
  const SamplerState start = setting.start();
  const Tensor x = sampler.run(start, Rng(3), none);
  BOOST_TEST(at::equal(start.x, setting.start().x));
  BOOST_TEST(at::equal(sampler.run(start, Rng(3), none), x));
  BOOST_TEST(!at::equal(sampler.run(start, Rng(4), none), x));
}

BOOST_AUTO_TEST_CASE(without_image_prior_its_half_is_left_out) {
  Setting setting;
  setting.image = nullptr;
  setting.options.eta = 1;
  const Sampler sampler = setting.sampler();
  Recorder seen;
  sampler.run(setting.start(), Rng(3), seen);
  BOOST_TEST(sampler.image_evaluations() == 0);
  BOOST_TEST(seen.entries.size() == 10u);
  BOOST_TEST(seen.count("video prior") == 5);
  BOOST_TEST(seen.count("joint prox") == 5);
  BOOST_TEST(seen.states.size() == 4u);
}

BOOST_AUTO_TEST_CASE(without_priors_it_is_the_certified_prox) {
  Setting setting;
  setting.video = setting.image = nullptr;
  setting.options = {.steps = {{.delta = 0.1}}, .eta = 1};
  const Sampler sampler = setting.sampler();
  Recorder seen;
  const Tensor x = sampler.run(setting.start(), Rng(3), seen);
  BOOST_TEST(sampler.video_evaluations() == 0);
  BOOST_REQUIRE(seen.entries.size() == 1u);
  BOOST_TEST(*seen.entries[0].gap <= 1e-3);
  const JointProx alone(setting.data(), setting.tv, {.tolerance = 1e-3});
  BOOST_TEST(at::equal(x, alone.solve_from(setting.start().x, 0.1).summary.x));
}

// A joint prox that may not iterate enough says so, and the run goes on.
BOOST_AUTO_TEST_CASE(a_solver_that_gave_up_is_in_the_trace) {
  const Setting setting;
  const auto data = setting.data();
  const Sampler sampler(
      setting.video, setting.image, data,
      std::make_shared<JointProx>(data, setting.tv,
                                  JointProxOptions{.tolerance = 1e-9, .max_iterations = 3}),
      setting.options);
  Recorder seen;
  sampler.run(setting.start(), Rng(3), seen);
  BOOST_TEST(!seen.entries[1].converged);
  BOOST_TEST(*seen.entries[1].iterations == 3);
  BOOST_TEST(*seen.entries[1].gap > 1e-9);
  BOOST_TEST(!seen.entries[1].message.empty());
}

BOOST_AUTO_TEST_CASE(parts_that_do_not_fit_are_refused) {
  Setting setting;
  const auto refused = [&](const SamplerOptions& options,
                           const std::shared_ptr<const Prior>& image) {
    const auto data = setting.data();
    const auto joint = std::make_shared<JointProx>(data, setting.tv);
    BOOST_CHECK_THROW(Sampler(setting.video, image, data, joint, options), ShapeError);
  };
  for (const double eta : {0.0, -0.5, 1.0, 1.5, std::numeric_limits<double>::quiet_NaN()}) {
    SamplerOptions options = setting.options;
    options.eta = eta;
    refused(options, setting.image);
  }
  SamplerOptions only_video = setting.options;
  only_video.eta = 1.5;
  refused(only_video, nullptr);
  refused({.steps = {}, .eta = 0.5}, setting.image);
  refused(setting.options, gaussian("other", {1, 3, 6, 16, 16}, setting.placement, false));
}

BOOST_AUTO_TEST_CASE(an_iterate_of_another_shape_is_refused) {
  const Setting setting;
  SamplerObserver none;
  BOOST_CHECK_THROW(setting.sampler().run({.x = at::zeros({1, 3, 6, 16, 16})}, Rng(3), none),
                    ShapeError);
  BOOST_CHECK_THROW(
      setting.sampler().run({.x = at::zeros(setting.domain, at::kDouble)}, Rng(3), none),
      PlacementError);
}

BOOST_AUTO_TEST_CASE(an_iterate_that_is_not_finite_stops_the_run) {
  const Setting setting;
  SamplerObserver none;
  SamplerState start = setting.start();
  start.x.view(-1)[7] = std::numeric_limits<float>::quiet_NaN();
  BOOST_CHECK_EXCEPTION(
      setting.sampler().run(start, Rng(3), none), NumericalError, [](const NumericalError& error) {
        return std::string(error.what()).find("step 0, video prior") != std::string::npos;
      });
}

// Float32, large enough for many blocks of every kernel, extents that no block divides.
BOOST_AUTO_TEST_CASE(the_number_of_threads_does_not_change_a_bit) {
  Setting setting({1, 3, 9, 100, 172});
  setting.options.steps.resize(2);
  const Sampler sampler = setting.sampler();
  const int threads = thread_count();
  std::map<int, Tensor> results;
  for (const int n : {1, 2, 3}) {
    set_thread_count(n);
    SamplerObserver none;
    results[n] = sampler.run(setting.start(), Rng(3), none);
  }
  set_thread_count(threads);
  BOOST_TEST(at::equal(results[1], results[2]));
  BOOST_TEST(at::equal(results[1], results[3]));
}

BOOST_AUTO_TEST_SUITE_END()
