#include "lvtino/interpolation.hpp"

#include <boost/test/unit_test.hpp>

#include "lvtino/core/rng.hpp"
#include "operators/axis_maps.hpp"

BOOST_AUTO_TEST_SUITE(interpolation)

using namespace lvtino;

namespace {

constexpr std::int64_t kFrames = 9, kHeight = 96, kWidth = 112;
const Placement kExact{at::kDouble, at::kCPU};

double offset_of(bool published, std::int64_t factor) {
  return published ? 0.5 : double(factor - 1) / 2;
}

SeparableOperator problem(std::int64_t frames, std::int64_t factor, double offset,
                          Filter filter = Filter::bicubic) {
  return SeparableOperator("problem", {1, 2, kFrames, kHeight, kWidth}, kExact,
                           average(kFrames, frames, Tail::replicate),
                           decimate(kHeight, factor, filter, Boundary::reflect, offset),
                           decimate(kWidth, factor, filter, Boundary::reflect, offset));
}

// a + b i + c j + d t on the video's grid.
Tensor ramp(double a, double b, double c, double d) {
  Tensor x = at::empty({1, 2, kFrames, kHeight, kWidth}, at::kDouble);
  double* out = x.mutable_data_ptr<double>();
  for (int channel = 0; channel < 2; ++channel)
    for (int t = 0; t < kFrames; ++t)
      for (int i = 0; i < kHeight; ++i)
        for (int j = 0; j < kWidth; ++j) *out++ = a * (1 + channel) + b * i + c * j + d * t;
  return x;
}

// Away from the borders by the reach of the decimation and of the interpolation.
double interior_error(const Tensor& x, const Tensor& y, std::int64_t factor) {
  const std::int64_t margin = 5 * factor / 2 + 2 * factor;
  if (2 * margin >= kHeight) BOOST_FAIL("no interior");
  const Tensor d =
      (x - y).abs().narrow(3, margin, kHeight - 2 * margin).narrow(4, margin, kWidth - 2 * margin);
  return at::max(d).item<double>();
}

}  // namespace

BOOST_AUTO_TEST_CASE(constants_are_kept) {
  for (const std::int64_t factor : {4, 8})
    for (const bool published : {true, false}) {
      const SeparableOperator a = problem(4, factor, offset_of(published, factor));
      const Tensor x = ramp(0.37, 0, 0, 0);
      BOOST_TEST(at::max((interpolate_measurement(a, a.apply(x)) - x).abs()).item<double>() <
                 1e-12);
    }
}

// Bicubic decimation and Keys' interpolation both reproduce lines, so that any shift shows.
BOOST_AUTO_TEST_CASE(a_ramp_is_reproduced_in_place) {
  for (const std::int64_t factor : {4, 8})
    for (const bool published : {true, false}) {
      const SeparableOperator a = problem(1, factor, offset_of(published, factor));
      for (const Tensor& x :
           {ramp(0.1, 0.01, 0, 0), ramp(0.1, 0, 0.01, 0), ramp(0.2, -0.003, 0.007, 0.1)}) {
        const double error = interior_error(interpolate_measurement(a, a.apply(x)), x, factor);
        BOOST_TEST(error < 1e-10,
                   "factor " << factor << ", published " << published << ": " << error);
      }
    }
}

// The measurement of one phase enlarged as if it were of the other: off by the phase.
BOOST_AUTO_TEST_CASE(a_wrong_phase_is_caught) {
  const Tensor x = ramp(0.1, 0.01, 0, 0);
  const Tensor y = problem(1, 4, 0.5).apply(x);
  const double error = interior_error(interpolate_measurement(problem(1, 4, 1.5), y), x, 4);
  BOOST_TEST(std::abs(error - 0.01) < 1e-10);
}

BOOST_AUTO_TEST_CASE(frames_repeat) {
  const SeparableOperator a = problem(4, 4, 0.5);
  const Tensor y = Rng(3).uniform(a.range(), kExact);  // 3 frames for 9: windows 0-3, 4-7, 8
  const Tensor x = interpolate_measurement(a, y);
  const auto frame = [&](std::int64_t t) { return x.select(2, t); };
  for (const std::int64_t t : {1, 2, 3}) BOOST_TEST(at::equal(frame(t), frame(0)));
  for (const std::int64_t t : {5, 6, 7}) BOOST_TEST(at::equal(frame(t), frame(4)));
  BOOST_TEST(!at::equal(frame(3), frame(4)));
  BOOST_TEST(!at::equal(frame(7), frame(8)));
}

// What is not decimated stays as measured: a blur alone is not undone, nor moved.
BOOST_AUTO_TEST_CASE(axes_that_keep_their_length_are_left_alone) {
  const SeparableOperator a("blur", {1, 2, kFrames, kHeight, kWidth}, kExact,
                            blur(kFrames, uniform_taps(7), Boundary::circular),
                            AxisMap::identity(kHeight), AxisMap::identity(kWidth));
  const Tensor y = Rng(3).uniform(a.range(), kExact);
  BOOST_TEST(at::equal(interpolate_measurement(a, y), y));
}

BOOST_AUTO_TEST_CASE(samples_are_met_where_they_were_taken) {
  // Centred decimation by an odd factor takes its samples at pixels: Keys' kernel goes through
  // them.
  const SeparableOperator a("odd", {1, 2, kFrames, 60, 90}, kExact, AxisMap::identity(kFrames),
                            decimate(60, 3, Filter::bicubic, Boundary::reflect, 1),
                            decimate(90, 3, Filter::bicubic, Boundary::reflect, 1));
  const Tensor y = Rng(3).uniform(a.range(), kExact);
  const Tensor x = interpolate_measurement(a, y);
  const Tensor taken = x.slice(3, 1, 60, 3).slice(4, 1, 90, 3);
  BOOST_TEST(at::max((taken - y).abs()).item<double>() < 1e-12);
}

// In time along straight lines between the centres of the windows: a ramp comes back, to the last window, which
// holds one frame four times.
BOOST_AUTO_TEST_CASE(linear_in_time_keeps_a_ramp) {
  const SeparableOperator a = problem(4, 4, 0.5);
  const Tensor x = ramp(0.1, 0, 0, 0.02);
  const Tensor found = interpolate_measurement(a, a.apply(x), {.time = InterpolationRule::Kernel::bilinear});
  const Tensor error = at::sub(found, x).abs();
  // Frames 0 and 1 come before the centre 1.5 of the first window.
  BOOST_TEST(at::max(error.narrow(2, 2, kFrames - 2)).item<double>() < 1e-12);
  BOOST_TEST(std::abs(at::max(error).item<double>() - 1.5 * 0.02) < 1e-12);
}

// The published start of Problem C: torch's align_corners = false over samples at 8 j + 1/2 moves a picture
// by 3 pixels, over samples at 4 j + 1/2 by 1.
BOOST_AUTO_TEST_CASE(block_centres_shift_what_the_published_operator_measures) {
  for (const std::int64_t factor : {4, 8}) {
    const SeparableOperator a = problem(1, factor, 0.5);
    const Tensor x = ramp(0.1, 0.01, 0.02, 0), y = a.apply(x);
    const double shift = double(factor - 1) / 2 - 0.5;
    const auto found = [&](bool blocks) {
      return interpolate_measurement(a, y, {.space = InterpolationRule::Kernel::bilinear, .block_centres = blocks});
    };
    BOOST_TEST(interior_error(found(true), at::sub(x, 0.03 * shift), factor) < 1e-10);
    BOOST_TEST(interior_error(found(false), x, factor) < 1e-10);
  }
  // Where the operator averages blocks the two agree.
  const SeparableOperator middle = problem(1, 8, 3.5);
  const Tensor y = Rng(1).uniform(middle.range(), kExact);
  BOOST_TEST(l2_norm(interpolate_measurement(middle, y, {.block_centres = true}) - interpolate_measurement(middle, y)) < 1e-9);
}

BOOST_AUTO_TEST_SUITE_END()
