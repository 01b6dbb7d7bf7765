#include "lvtino/sample_series.hpp"

#include <boost/test/unit_test.hpp>

#include "gaussian_chain.hpp"
#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(sample_series)

using namespace lvtino;
using namespace lvtino::testing;

namespace {

const Placement kExact = {at::kDouble, at::kCPU};

SamplerOptions options() {
  return {.steps = {{.t_video = 700, .t_image = 420, .delta = 0.2},
                    {.t_video = 220, .t_image = 200, .delta = 0.01}},
          .eta = 0.5};
}

double difference(const Tensor& a, const Tensor& b) {
  return at::max(at::abs(a - b)).item<double>();
}

struct Recorder final : SeriesObserver {
  std::vector<int> begun;
  std::vector<std::pair<int, int>> entries;  // sample, step
  std::vector<SeriesState> states;
  void begin_sample(int sample) override { begun.push_back(sample); }
  void after(const TraceEntry& entry, const Tensor&) override {
    entries.emplace_back(entry.sample, entry.step);
  }
  void checkpoint_series(const SeriesState& s) override {
    const auto copy = [](const Tensor& x) { return x.defined() ? x.clone() : x; };
    states.push_back({s.sample,
                      {s.inside.next_step, copy(s.inside.x), s.inside.dual},
                      copy(s.first),
                      {s.moments.count, copy(s.moments.mean), copy(s.moments.squares)}});
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(moments_are_those_of_the_samples) {
  RunningMoments moments;
  const Tensor x = Rng(1).normal({7, 4, 5}, kExact).mul_(1e-3).add_(1e3);
  for (int n = 0; n < 7; ++n) moments.add(x[n]);
  BOOST_TEST(moments.count == 7);
  BOOST_TEST(difference(moments.mean, x.mean(at::IntArrayRef{0})) < 1e-11);
  const Tensor centred = x - x.mean(at::IntArrayRef{0});
  const Tensor expected = ((centred * centred).sum(at::IntArrayRef{0}) / 6).sqrt();
  BOOST_TEST(difference(moments.standard_deviation(), expected) < 1e-11);
  BOOST_CHECK_THROW(moments.add(x[0][0].contiguous()), ShapeError);
  RunningMoments one;
  one.add(x[0]);
  BOOST_CHECK_THROW(one.standard_deviation(), ShapeError);
}

// Sample 0 is the run of one sample; the others draw from streams of their own.
BOOST_AUTO_TEST_CASE(samples_are_runs) {
  const GaussianChain chain(2);
  const Sampler sampler = chain.sampler(options(), true);
  const Tensor x_0 = chain.start_state().x;
  Recorder seen;
  const SeriesState series = run_series(sampler, x_0, 3, Rng(5), {.inside = {.x = x_0}}, seen);
  SamplerObserver none;
  const Rng rng(5);
  const std::vector<Tensor> runs = {sampler.run({.x = x_0}, rng.fork("sample"), none),
                                    sampler.run({.x = x_0}, rng.fork("sample", 1), none),
                                    sampler.run({.x = x_0}, rng.fork("sample", 2), none)};
  BOOST_TEST(at::equal(series.first, runs[0]));
  BOOST_TEST(difference(series.moments.mean, (runs[0] + runs[1] + runs[2]) / 3) < 1e-14);
  BOOST_TEST(difference(runs[0], runs[1]) > 1e-3);
  BOOST_TEST(difference(runs[1], runs[2]) > 1e-3);
  BOOST_TEST((seen.begun == std::vector<int>{0, 1, 2}));
  BOOST_REQUIRE(seen.entries.size() == 18u);
  BOOST_TEST((seen.entries[6] == std::pair(1, 0)));
  Recorder alone;
  const SeriesState one = run_series(sampler, x_0, 1, Rng(5), {.inside = {.x = x_0}}, alone);
  BOOST_TEST(at::equal(one.first, series.first));
  BOOST_TEST(!one.moments.mean.defined());
}

BOOST_AUTO_TEST_CASE(a_series_resumes_bit_for_bit) {
  const GaussianChain chain(2);
  const Sampler sampler = chain.sampler(options(), true);
  const Tensor x_0 = chain.start_state().x;
  Recorder seen;
  const SeriesState whole = run_series(sampler, x_0, 3, Rng(5), {.inside = {.x = x_0}}, seen);
  BOOST_REQUIRE(seen.states.size() == 5u);
  for (const SeriesState& state : seen.states) {
    Recorder rest;
    const SeriesState again = run_series(sampler, x_0, 3, Rng(5), state, rest);
    BOOST_TEST(at::equal(again.first, whole.first));
    BOOST_TEST(at::equal(again.moments.mean, whole.moments.mean));
    BOOST_TEST(at::equal(again.moments.squares, whole.moments.squares));
  }
}

// Truth and samples drawn from one normal law: the interval holds 90 % whatever the number of
// samples, and that of the normal quantile alone would not.
BOOST_AUTO_TEST_CASE(calibration_of_draws_of_one_law) {
  const std::int64_t n = 200000;
  const Tensor truth = Rng(1).normal({n}, kExact);
  for (const int samples : {2, 4, 16}) {
    RunningMoments moments;
    for (int k = 0; k < samples; ++k) moments.add(Rng(2).fork("x", k).normal({n}, kExact));
    const Calibration found = calibrate(moments, truth);
    BOOST_TEST(std::abs(found.coverage - 0.9) < 5 * std::sqrt(0.09 / double(n)), found.coverage);
    BOOST_TEST(std::abs(found.rmse - std::sqrt(1 + 1.0 / samples)) < 0.01);
    if (samples == 2) BOOST_TEST(std::abs(found.factor - 6.313752 * std::sqrt(1.5)) < 1e-5);
    if (samples == 4) BOOST_TEST(std::abs(found.factor - 2.353363 * std::sqrt(1.25)) < 1e-5);
    // Samples with half the spread are caught.
    RunningMoments narrow;
    for (int k = 0; k < samples; ++k) narrow.add(Rng(2).fork("x", k).normal({n}, kExact).mul_(0.5));
    BOOST_TEST(calibrate(narrow, truth).coverage < 0.88);
  }
}

BOOST_AUTO_TEST_SUITE_END()
