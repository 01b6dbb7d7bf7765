#include "lvtino/parts.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "dense.hpp"
#include "lvtino/plan.hpp"
#include "operators/axis_maps.hpp"
#include "solvers/fixed_conjugate_gradient.hpp"
#include "solvers/tv_least_squares.hpp"

BOOST_AUTO_TEST_SUITE(parts)

using namespace lvtino;

namespace {

const Shape kDomain = {1, 3, 5, 16, 24};

Json base(const Json& listed) {
  Json out = Json::parse(R"({
    "operator": {"type": "compose", "operators": [{"type": "temporal_average", "factor": 4},
                                                  {"type": "spatial_decimation", "factor": 4}]},
    "noise": {"sigma": 0.01},
    "priors": {"video": {"type": "gaussian_video"}, "image": {"type": "gaussian_image"}},
    "total_variation": {"weights": [0.3, 0.3, 0.2]},
    "sampler": {"eta": 0.3, "steps": [{"t_video": 500, "t_image": 300, "delta": 0.05},
                                      {"t_video": 400, "t_image": 200, "delta": 0.02},
                                      {"t_video": 200, "t_image": 100, "delta": 0.01}]}
  })");
  if (!listed.is_null()) out["sampler"]["parts"] = listed;
  return out;
}

Plan read(const Json& document) {
  const SpecReader reader(document);
  Plan plan = read_plan(reader, kDomain, dense::kExact);
  reader.finish();
  return plan;
}

Plan listing(const Json& listed) { return read(base(listed)); }

std::string pointer_of_failure(const Json& document) {
  try {
    read(document);
  } catch (const SpecError& error) {
    return error.pointer();
  }
  return "no failure";
}

struct Recorder final : SamplerObserver {
  std::vector<TraceEntry> entries;
  std::vector<Tensor> iterates;
  std::vector<SamplerState> states;
  void after(const TraceEntry& entry, const Tensor& x) override {
    entries.push_back(entry);
    iterates.push_back(x.clone());
  }
  void checkpoint(const SamplerState& state) override {
    states.push_back({state.next_step, state.x.clone(), state.dual.clone(),
                      state.output.defined() ? state.output.clone() : Tensor()});
  }
};

Measurement measured(const Plan& plan) {
  return simulate(plan.op, Rng(1).uniform(kDomain, dense::kExact), *plan.noise, Rng(2));
}

Tensor run(const Plan& plan, Recorder& seen) {
  const Measurement m = measured(plan);
  return plan.make_sampler(m).run({.x = plan.start(m).x}, Rng(3), seen);
}

// The iterate before part `i` of the trace.
Tensor before(const Plan& plan, const Recorder& seen, std::size_t i) {
  return i == 0 ? plan.start(measured(plan)).x : seen.iterates[i - 1];
}

double difference(const Tensor& a, const Tensor& b) {
  return at::max(at::abs(at::sub(a, b))).item<double>();
}

}  // namespace

// The list that spells Algorithm 1 out is Algorithm 1, to the last bit.
BOOST_AUTO_TEST_CASE(algorithm_1_as_a_list_is_algorithm_1) {
  const Plan listed = listing(Json::parse(R"([{"type": "video_prior"}, {"type": "joint_prox"},
                                              {"type": "image_prior", "steps": [0, 1]},
                                              {"type": "data_prox", "steps": [0, 1]}])")),
             plain = listing(nullptr);
  Recorder a, b;
  BOOST_TEST(at::equal(run(plain, a), run(listed, b)));
  BOOST_REQUIRE(a.entries.size() == b.entries.size());
  for (std::size_t i = 0; i < a.entries.size(); ++i) {
    BOOST_TEST(a.entries[i].part == b.entries[i].part);
    BOOST_TEST((a.entries[i].t == b.entries[i].t));
    BOOST_TEST((a.entries[i].gap == b.entries[i].gap));
    BOOST_TEST(at::equal(a.iterates[i], b.iterates[i]));
  }
  BOOST_TEST(video_evaluations(listed.sampler) == 3);
  BOOST_TEST(image_evaluations(listed.sampler) == 2);
}

BOOST_AUTO_TEST_CASE(a_list_resumes_bit_for_bit) {
  const Plan plan =
      listing(Json::parse(R"([{"type": "image_prior"}, {"type": "output", "steps": [1]},
                                            {"type": "joint_prox"}, {"type": "clamp"}])"));
  const Measurement m = measured(plan);
  const Sampler sampler = plan.make_sampler(m);
  Recorder whole;
  const Tensor x = sampler.run({.x = plan.start(m).x}, Rng(3), whole);
  BOOST_TEST(at::equal(x, whole.iterates[4]));  // what the part of step 1 saw
  BOOST_TEST(!whole.states[0].output.defined());
  BOOST_TEST(at::equal(whole.states[1].output, x));
  for (const SamplerState& state : whole.states) {
    Recorder rest;
    const Tensor again = sampler.run(
        {state.next_step, state.x.clone(), state.dual.clone(), state.output}, Rng(3), rest);
    BOOST_TEST(at::equal(again, x));
    BOOST_TEST(at::equal(rest.iterates.back(), whole.iterates.back()));
  }
}

// A prior asked twice in a step does not see the same noise twice.
BOOST_AUTO_TEST_CASE(each_use_of_a_prior_draws_anew) {
  const Plan plan = listing(Json::parse(R"([{"type": "video_prior"}, {"type": "video_prior"}])"));
  Recorder seen;
  run(plan, seen);
  BOOST_TEST(video_evaluations(plan.sampler) == 6);
  const Tensor again =
      stochastic_autoencode(*plan.video, seen.iterates[0], 500, Rng(3).fork("video", 0));
  BOOST_TEST(!at::equal(again, seen.iterates[1]));
  BOOST_TEST(at::equal(
      stochastic_autoencode(*plan.video, before(plan, seen, 0), 500, Rng(3).fork("video", 0)),
      seen.iterates[0]));
}

BOOST_AUTO_TEST_CASE(proxes_take_the_gamma_of_the_list) {
  const Plan plan = listing(
      Json::parse(R"([{"type": "data_prox", "gamma": 0.7}, {"type": "joint_prox", "gamma": 0.002},
                                            {"type": "data_prox"}])"));
  Recorder seen;
  run(plan, seen);
  const auto data = plan.data_prox(measured(plan));
  BOOST_TEST(at::equal(seen.iterates[0], data->solve(before(plan, seen, 0), 0.7).x));
  BOOST_TEST(at::equal(seen.iterates[1], plan.joint_prox(data)->solve(seen.iterates[0], 0.002).x));
  BOOST_TEST(at::equal(seen.iterates[2], data->solve(seen.iterates[1], 0.05 * (1 - 0.3)).x));
}

BOOST_AUTO_TEST_CASE(plain_parts_do_what_they_say) {
  const Plan plan =
      listing(Json::parse(R"([{"type": "clamp", "low": 0.2, "high": 0.6}, {"type": "rounding"},
                                            {"type": "rounding", "of": "pixels"}, {"type": "low_pass", "scale": 3}])"));
  Recorder seen;
  run(plan, seen);
  BOOST_TEST(at::equal(seen.iterates[0], before(plan, seen, 0).clamp(0.2, 0.6)));
  BOOST_TEST(
      at::equal(seen.iterates[1] * 2 - 1, rounded(seen.iterates[0] * 2 - 1, Rounding::bfloat16)));
  BOOST_TEST(at::equal(seen.iterates[2], rounded(seen.iterates[1], Rounding::bfloat16)));
  // The frame-wise Gaussian of variance 3 (1 - abar) pixels, by the dense matrices of its axes.
  const double sigma = std::sqrt(3.0) * plan.image->schedule().noise(300);
  const auto along = [&](std::int64_t n) {
    return blur(n, gaussian_taps(sigma), Boundary::reflect).matrix();
  };
  const Tensor expected = at::matmul(at::matmul(along(16), seen.iterates[2]), along(24).t());
  BOOST_TEST(difference(seen.iterates[3], expected) < 1e-12);
  BOOST_TEST(sigma > 0.5);
}

BOOST_AUTO_TEST_CASE(least_squares_parts_are_their_solvers) {
  const Plan plan =
      listing(Json::parse(R"([{"type": "least_squares_cg", "iterations": 4, "weight": 0.01},
                                            {"type": "least_squares_cg", "iterations": 3, "from": "zero"},
                                            {"type": "tv_least_squares_pdhg", "iterations": 7, "weights": [0, 0, 0.001]},
                                            {"type": "tv_least_squares_adam", "iterations": 6, "weights": [1e-3, 1e-3, 1e-3]}])"));
  Recorder seen;
  run(plan, seen);
  const Measurement m = measured(plan);
  const Tensor x0 = before(plan, seen, 0);
  const auto normal = [&](double w) {
    return [&m, w](const Tensor& x) { return m.op->adjoint_add(x * w, 1, m.op->apply(x)); };
  };
  BOOST_TEST(at::equal(seen.iterates[0],
                       fixed_conjugate_gradient(normal(0.01), m.op->adjoint_add(x0 * 0.01, 1, m.y),
                                                x0, {.iterations = 4})
                           .x));
  BOOST_TEST(at::equal(
      seen.iterates[1],
      fixed_conjugate_gradient(normal(0), m.op->adjoint(m.y), at::zeros_like(x0), {.iterations = 3})
          .x));
  const TotalVariation in_time(0, 0, 0.001, TotalVariation::Kind::anisotropic),
      all(1e-3, 1e-3, 1e-3);
  BOOST_TEST(
      at::equal(seen.iterates[2],
                tv_least_squares_pdhg(*m.op, m.y, in_time, seen.iterates[1], {.iterations = 7})));
  BOOST_TEST(
      at::equal(seen.iterates[3], tv_least_squares_adam(*m.op, m.y, all, seen.iterates[2],
                                                        {.iterations = 6, .box = Box{0, 1}})));
  for (int i = 0; i < 4; ++i) BOOST_TEST(seen.entries[std::size_t(i)].iterations.has_value());
  BOOST_TEST(*seen.entries[1].gap > 0);
}

// u - scale d(|A u - y|^2/2)/dx by central differences.
BOOST_AUTO_TEST_CASE(guidance_follows_the_gradient_through_the_prior) {
  const Plan plan =
      listing(Json::parse(R"([{"type": "guided_prior", "prior": "image", "scale": 0.4}])"));
  Recorder seen;
  run(plan, seen);
  const Measurement m = measured(plan);
  const auto u = [&](const Tensor& x) {
    return stochastic_autoencode(*plan.image, x, 300, Rng(3).fork("image", 0));
  };
  const auto misfit = [&](const Tensor& x) { return squared_distance(m.op->apply(u(x)), m.y) / 2; };
  const Tensor x0 = before(plan, seen, 0);
  const Tensor moved = at::sub(u(x0), seen.iterates[0]).contiguous();
  for (int trial = 0; trial < 3; ++trial) {
    const Tensor v = Rng(std::uint64_t(10 + trial)).normal(kDomain, dense::kExact);
    const double h = 1e-5,
                 slope = (misfit(at::add(x0, v, h)) - misfit(at::add(x0, v, -h))) / (2 * h);
    BOOST_TEST(std::abs(inner_product(moved, v) - 0.4 * slope) <
               1e-7 * l2_norm(moved) * l2_norm(v));
  }
  BOOST_TEST(l2_norm(moved) > 0);
  BOOST_TEST(image_evaluations(plan.sampler) == 3);
  BOOST_TEST(video_evaluations(plan.sampler) == 0);
}

BOOST_AUTO_TEST_CASE(faulty_lists_are_named) {
  const auto fails_at = [](const char* listed, const std::string& pointer) {
    BOOST_TEST(pointer_of_failure(base(Json::parse(listed))) == pointer, listed);
  };
  fails_at(R"([{"type": "prior"}])", "/sampler/parts/0/type");
  fails_at(R"([{"type": "clamp", "low": 1}])", "/sampler/parts/0/high");
  fails_at(R"([{"type": "clamp", "lo": 1}])", "/sampler/parts/0/lo");
  fails_at(R"([{"type": "clamp"}, {"type": "output", "steps": [3]}])", "/sampler/parts/1/steps");
  fails_at(R"([{"type": "clamp"}, {"type": "output", "steps": [0.5]}])", "/sampler/parts/1/steps");
  fails_at(R"([{"type": "clamp", "steps": [0, 1]}])", "/sampler/parts");
  fails_at(R"([{"type": "data_prox", "gamma": 0}])", "/sampler/parts/0/gamma");
  fails_at(R"([{"type": "tv_least_squares_pdhg", "weights": [1, 1]}])", "/sampler/parts/0/weights");
  fails_at(R"([{"type": "least_squares_cg", "iterations": 0}])", "/sampler/parts/0/iterations");
  Json document = base(Json::parse(R"([{"type": "video_prior"}])"));
  document["priors"]["video"] = nullptr;
  BOOST_TEST(pointer_of_failure(document) == "/sampler/parts/0");
  document = base(Json::parse(R"([{"type": "low_pass"}])"));
  document["priors"]["image"] = nullptr;
  BOOST_TEST(pointer_of_failure(document) == "/sampler/parts/0");
  document = base(Json::parse(R"([{"type": "clamp"}, {"type": "least_squares_cg"}])"));
  document["measurement"] = {{"type", "quantization"}, {"bits", 4}};
  BOOST_TEST(pointer_of_failure(document) == "/sampler/parts/1");
}

BOOST_AUTO_TEST_CASE(every_entry_of_the_table_can_be_read) {
  for (const auto& entry : part_table().entries()) {
    const SpecReader reader(Json::parse(entry.example));
    const auto part = part_table().make(reader);
    reader.finish();
    std::string words = entry.name;
    std::replace(words.begin(), words.end(), '_', ' ');
    BOOST_TEST(part->name() == words);
  }
}

BOOST_AUTO_TEST_SUITE_END()
