#include "operators/axis_maps.hpp"

#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <numeric>

#include "dense.hpp"
#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(axis_maps)

using namespace lvtino;

namespace {

constexpr Boundary kBoundaries[] = {Boundary::replicate, Boundary::reflect, Boundary::circular,
                                    Boundary::zero};

/// M x.
std::vector<double> applied(const AxisMap& m, const std::vector<double>& x) {
  const dense::Vector y = dense::matrix_of(m.matrix()) *
                          Eigen::Map<const dense::Vector>(x.data(), Eigen::Index(x.size()));
  return {y.data(), y.data() + y.size()};
}

std::vector<double> row_of(const AxisMap& m, std::int64_t i) {
  const Tensor row = m.matrix()[i].contiguous();
  return {row.const_data_ptr<double>(), row.const_data_ptr<double>() + row.numel()};
}

std::vector<double> sources(std::int64_t length, Boundary boundary) {
  std::vector<double> out;
  for (std::int64_t i = -4; i < length + 4; ++i)
    out.push_back(double(source_index(i, length, boundary)));
  return out;
}

/// Entry by entry.
void check(const std::vector<double>& found, const std::vector<double>& expected, double within) {
  BOOST_TEST_REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i)
    BOOST_TEST(std::abs(found[i] - expected[i]) <= within,
               "entry " << i << ": " << found[i] << ", expected " << expected[i]);
}

}  // namespace

BOOST_AUTO_TEST_CASE(sources_by_hand) {
  check(sources(3, Boundary::replicate), {0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2}, 0);
  check(sources(3, Boundary::reflect), {0, 1, 2, 1, 0, 1, 2, 1, 0, 1, 2}, 0);
  check(sources(3, Boundary::circular), {2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0}, 0);
  check(sources(3, Boundary::zero), {-1, -1, -1, -1, 0, 1, 2, -1, -1, -1, -1}, 0);
  check(sources(1, Boundary::reflect), {0, 0, 0, 0, 0, 0, 0, 0, 0}, 0);
  check(sources(2, Boundary::reflect), {0, 1, 0, 1, 0, 1, 0, 1, 0, 1}, 0);
}

BOOST_AUTO_TEST_CASE(averages_by_hand) {
  check(applied(average(5, 2, Tail::replicate), {1, 3, 5, 7, 11}), {2, 6, 11}, 1e-15);
  check(applied(average(5, 2, Tail::drop), {1, 3, 5, 7, 11}), {2, 6}, 1e-15);
  check(applied(average(5, 3, Tail::replicate), {1, 3, 5, 7, 11}), {3, (7 + 11 + 11) / 3.0}, 1e-14);
  check(applied(average(2, 4, Tail::replicate), {1, 3}), {(1 + 3 + 3 + 3) / 4.0}, 1e-15);
  BOOST_TEST(average(6, 1, Tail::replicate).is_identity());
  BOOST_TEST(average(6, 3, Tail::drop).rows() == 2);
  BOOST_CHECK_THROW(average(5, 0, Tail::replicate), ShapeError);
  BOOST_CHECK_THROW(average(5, -2, Tail::drop), ShapeError);
  BOOST_CHECK_THROW(average(5, 6, Tail::drop), ShapeError);
  BOOST_CHECK_THROW(average(0, 1, Tail::replicate), ShapeError);
}

// Whole windows average `factor` frames, the padded one repeats a single frame.
BOOST_AUTO_TEST_CASE(spectra_of_temporal_averages) {
  std::vector<double> a = {1}, c = {1};
  a.insert(a.end(), 6, 0.25);
  c.insert(c.end(), 10, 0.125);
  check(eigen_of(average(25, 4, Tail::replicate), true).values, a, 1e-14);
  check(eigen_of(average(81, 8, Tail::replicate), true).values, c, 1e-14);
}

BOOST_AUTO_TEST_CASE(blurs_by_hand) {
  const std::vector<double> x = {1, 2, 4, 8}, taps = {0.5, 0.3, 0.2};
  // y[j] = .5 x[j+1] + .3 x[j] + .2 x[j-1]
  const double inner1 = 0.5 * 4 + 0.3 * 2 + 0.2 * 1, inner2 = 0.5 * 8 + 0.3 * 4 + 0.2 * 2;
  const double left = 0.5 * 2 + 0.3 * 1, right = 0.3 * 8 + 0.2 * 4;
  check(applied(blur(4, taps, Boundary::zero), x), {left, inner1, inner2, right}, 1e-15);
  check(applied(blur(4, taps, Boundary::replicate), x),
        {left + 0.2 * 1, inner1, inner2, right + 0.5 * 8}, 1e-15);
  check(applied(blur(4, taps, Boundary::reflect), x),
        {left + 0.2 * 2, inner1, inner2, right + 0.5 * 4}, 1e-15);
  check(applied(blur(4, taps, Boundary::circular), x),
        {left + 0.2 * 8, inner1, inner2, right + 0.5 * 1}, 1e-15);
}

// An even kernel has its centre at tap K/2 - 1: y[j] = a x[j] + b x[j-1] for two taps.
BOOST_AUTO_TEST_CASE(even_blurs_reach_back) {
  check(applied(blur(3, {0.75, 0.25}, Boundary::zero), {1, 2, 4}), {0.75, 1.75, 3.5}, 1e-15);
  check(applied(blur(3, {0.75, 0.25}, Boundary::replicate), {1, 2, 4}), {1, 1.75, 3.5}, 1e-15);
  check(applied(blur(4, {1, 2, 3, 4}, Boundary::zero), {0, 1, 0, 0}), {1, 2, 3, 4}, 1e-15);
}

BOOST_AUTO_TEST_CASE(kernels_longer_than_the_axis_accumulate) {
  const std::vector<double> box = uniform_taps(7);
  check(row_of(blur(5, box, Boundary::circular), 0), {1 / 7.0, 1 / 7.0, 2 / 7.0, 2 / 7.0, 1 / 7.0},
        1e-15);
  check(row_of(blur(2, box, Boundary::replicate), 0), {4 / 7.0, 3 / 7.0}, 1e-15);
  check(row_of(blur(2, box, Boundary::reflect), 0), {3 / 7.0, 4 / 7.0}, 1e-15);
  check(row_of(blur(2, box, Boundary::zero), 0), {1 / 7.0, 1 / 7.0}, 1e-15);
  check(row_of(blur(1, box, Boundary::reflect), 0), {1}, 1e-15);
}

BOOST_AUTO_TEST_CASE(circular_seven_tap_blur_is_nearly_singular) {
  const auto d = eigen_of(blur(25, uniform_taps(7), Boundary::circular), true).values;
  BOOST_TEST(std::abs(std::sqrt(d.back()) - 0.02324) < 5e-6);
  BOOST_TEST(std::abs(d.front() - 1) < 1e-13);
}

BOOST_AUTO_TEST_CASE(taps) {
  check(uniform_taps(4), {0.25, 0.25, 0.25, 0.25}, 0);
  const std::vector<double> gaussian = gaussian_taps(1.5);
  BOOST_TEST(gaussian.size() == 13u);
  BOOST_TEST(std::abs(std::accumulate(gaussian.begin(), gaussian.end(), 0.0) - 1) < 1e-15);
  check({gaussian[6] / gaussian[7], gaussian[0] / gaussian[12]}, {std::exp(0.5 / 2.25), 1}, 1e-14);
  BOOST_CHECK_THROW(uniform_taps(0), ShapeError);
  BOOST_CHECK_THROW(gaussian_taps(0), ShapeError);
  BOOST_CHECK_THROW(gaussian_taps(1, -1), ShapeError);
  BOOST_CHECK_THROW(gaussian_taps(1e6), ShapeError);
  BOOST_CHECK_THROW(blur(3, {}, Boundary::zero), ShapeError);
  BOOST_CHECK_THROW(blur(0, {1}, Boundary::zero), ShapeError);
}

// The published decimation: half kernel for f = 4 and the first row with reflecting borders.
BOOST_AUTO_TEST_CASE(published_bicubic_decimation) {
  const AxisMap m = decimate(64, 4, Filter::bicubic, Boundary::reflect);
  const std::vector<double> half = {.24097,  .18188,  .09741,  .02271,
                                    -.01196, -.01831, -.01099, -.00171};
  std::vector<double> inner = row_of(m, 8);  // centred between samples 32 and 33
  std::vector<double> right(inner.begin() + 33, inner.begin() + 41);
  std::vector<double> left(inner.rend() - 33, inner.rend() - 25);
  check(right, half, 5.1e-6);
  check(left, half, 5.1e-6);
  BOOST_TEST(inner[41] == 0.0);
  BOOST_TEST(inner[24] == 0.0);
  std::vector<double> first = row_of(m, 0);
  check({first.begin(), first.begin() + 10},
        {.24097, .42285, .27930, .12012, .01074, -.03027, -.02930, -.01270, -.00171, 0}, 5.1e-6);
}

BOOST_AUTO_TEST_CASE(norms_of_the_published_decimation) {
  const auto squared_norm = [](std::int64_t length, std::int64_t factor, Boundary boundary) {
    return eigen_of(decimate(length, factor, Filter::bicubic, boundary), true).values.front();
  };
  BOOST_TEST(std::abs(squared_norm(768, 4, Boundary::reflect) - .339593) < 1e-6);
  BOOST_TEST(std::abs(squared_norm(768, 8, Boundary::reflect) - .191648) < 1e-6);
  BOOST_TEST(squared_norm(768, 4, Boundary::circular) <
             squared_norm(768, 4, Boundary::reflect) / 1.3);
}

// A straight line tells where a sample is taken: f j + 1/2 as published, or the middle of the
// block.
BOOST_AUTO_TEST_CASE(phases) {
  std::vector<double> ramp(64);
  std::iota(ramp.begin(), ramp.end(), 0.0);
  for (const Filter filter : {Filter::bicubic, Filter::bilinear, Filter::lanczos})
    for (const std::int64_t factor : {2, 4, 8}) {
      const auto at = [&](double offset) {
        return applied(decimate(64, factor, filter, Boundary::reflect, offset),
                       ramp)[std::size_t(32 / factor)];
      };
      BOOST_TEST(std::abs(at(0.5) - 32.5) < 1e-12);
      BOOST_TEST(std::abs(at(double(factor - 1) / 2) - (32 + double(factor - 1) / 2)) < 1e-12);
    }
  // Odd factors: the middle of the block is a sample.
  const AxisMap odd = decimate(63, 3, Filter::bicubic, Boundary::reflect, 1);
  BOOST_TEST(std::abs(applied(odd, {ramp.begin(), ramp.begin() + 63})[10] - 31) < 1e-12);
}

// With the centre of the block, the area filter is the plain average.
BOOST_AUTO_TEST_CASE(area_filter_is_the_average) {
  for (const std::int64_t factor : {1, 2, 3, 4, 5}) {
    const AxisMap area =
        decimate(20, factor, Filter::area, Boundary::replicate, double(factor - 1) / 2);
    BOOST_TEST(dense::difference(area.matrix(), average(20, factor, Tail::replicate).matrix()) <
               1e-15);
  }
  // At the published phase, half pixels enter at both ends of an odd window.
  check(row_of(decimate(9, 3, Filter::area, Boundary::replicate), 1),
        {0, 0, 1 / 6.0, 1 / 3.0, 1 / 3.0, 1 / 6.0, 0, 0, 0}, 1e-15);
}

BOOST_AUTO_TEST_CASE(bilinear_by_hand) {
  // factor 2, centre 2j + 1/2: distances -3/2 .. 3/2 over 2 weigh 1/4 3/4 3/4 1/4, over their sum 2
  check(row_of(decimate(6, 2, Filter::bilinear, Boundary::zero), 1), {0, .125, .375, .375, .125, 0},
        1e-15);
  check(row_of(decimate(6, 2, Filter::bilinear, Boundary::zero), 0), {.375, .375, .125, 0, 0, 0},
        1e-15);
  check(row_of(decimate(6, 2, Filter::bilinear, Boundary::replicate), 0), {.5, .375, .125, 0, 0, 0},
        1e-15);
  check(row_of(decimate(6, 2, Filter::bilinear, Boundary::reflect), 0), {.375, .5, .125, 0, 0, 0},
        1e-15);
  check(row_of(decimate(6, 2, Filter::bilinear, Boundary::circular), 0),
        {.375, .375, .125, 0, 0, .125}, 1e-15);
}

BOOST_AUTO_TEST_CASE(decimation_refuses) {
  BOOST_CHECK_THROW(decimate(8, 0, Filter::area, Boundary::zero), ShapeError);
  BOOST_CHECK_THROW(decimate(8, 9, Filter::area, Boundary::zero), ShapeError);
  BOOST_TEST(decimate(9, 8, Filter::area, Boundary::zero).rows() == 2);
  BOOST_TEST(decimate(8, 8, Filter::lanczos, Boundary::reflect).rows() == 1);
}

BOOST_AUTO_TEST_CASE(shutter_by_hand) {
  // Ratio 2.5, half open: windows [0, 1.25), [2.5, 3.75), [5, 6.25) of 1.25 frames.
  const AxisMap half = shutter(7, 2.5, 0.5, Tail::drop);
  BOOST_TEST(half.rows() == 3);
  check(row_of(half, 0), {.8, .2, 0, 0, 0, 0, 0}, 1e-15);
  check(row_of(half, 1), {0, 0, .4, .6, 0, 0, 0}, 1e-15);
  check(row_of(half, 2), {0, 0, 0, 0, 0, .8, .2}, 1e-15);
  // Ratio 1.5, open all the time, 4 frames: [0, 1.5), [1.5, 3), [3, 4.5) repeats the last frame.
  const AxisMap open = shutter(4, 1.5, 1, Tail::replicate);
  BOOST_TEST(open.rows() == 3);
  check(row_of(open, 0), {2 / 3.0, 1 / 3.0, 0, 0}, 1e-15);
  check(row_of(open, 1), {0, 1 / 3.0, 2 / 3.0, 0}, 1e-15);
  check(row_of(open, 2), {0, 0, 0, 1}, 1e-15);
  BOOST_TEST(shutter(4, 1.5, 1, Tail::drop).rows() == 2);
  // A window inside one frame is that frame.
  check(row_of(shutter(4, 2, 0.1, Tail::drop), 1), {0, 0, 1, 0}, 1e-15);
  BOOST_TEST(shutter(5, 1, 1, Tail::drop).is_identity());
}

// A whole ratio, always open, is the average; windows that tile the time lose no light.
BOOST_AUTO_TEST_CASE(shutter_and_average) {
  for (const std::int64_t length : {1, 2, 5, 8, 9})
    for (const std::int64_t factor : {1, 2, 3, 4})
      for (const Tail tail : {Tail::replicate, Tail::drop}) {
        if (tail == Tail::drop && factor > length) continue;
        BOOST_TEST(dense::difference(shutter(length, double(factor), 1, tail).matrix(),
                                     average(length, factor, tail).matrix()) < 1e-15);
      }
  for (const double ratio : {1.1, 1.25, 1.7, 2.4, 3.3}) {
    const AxisMap tiling = shutter(66, ratio, 1, Tail::drop);
    const Tensor light = tiling.matrix().sum(0) * ratio;  // every frame is seen for one frame's time
    for (std::int64_t i = 0; double(i + 1) <= ratio * double(tiling.rows()) - 1e-9; ++i)
      BOOST_TEST(std::abs(light[i].item<double>() - 1) < 1e-9);
  }
}

BOOST_AUTO_TEST_CASE(selections_by_hand) {
  const AxisMap every_third = pick(8, 1, 3, 3);
  check(row_of(every_third, 0), {0, 1, 0, 0, 0, 0, 0, 0}, 0);
  check(row_of(every_third, 2), {0, 0, 0, 0, 0, 0, 0, 1}, 0);
  BOOST_TEST(pick(4, 0, 1, 4).is_identity());
  BOOST_CHECK_THROW(pick(8, 1, 3, 4), ShapeError);
  BOOST_CHECK_THROW(pick(8, -1, 1, 1), ShapeError);
  BOOST_CHECK_THROW(pick(8, 0, 0, 1), ShapeError);
  BOOST_CHECK_THROW(pick(8, 0, 1, 0), ShapeError);
  BOOST_CHECK_THROW(pick(8, 8, 1, 1), ShapeError);
}

// Every map reads its own phase off the ramp x[i] = i, with even sizes as with odd ones.
BOOST_AUTO_TEST_CASE(every_map_reads_its_phase_off_a_ramp) {
  std::vector<double> ramp;
  for (int i = 0; i < 96; ++i) ramp.push_back(i);
  for (const std::int64_t k : {1, 2, 3, 4, 5, 6, 7, 8}) {
    const double half = double(k - 1) / 2;
    BOOST_TEST(std::abs(applied(blur(96, uniform_taps(k), Boundary::reflect), ramp)[40] - (k % 2 ? 40 : 39.5)) < 1e-12);
    BOOST_TEST(std::abs(applied(average(96, k, Tail::drop), ramp)[5] - (double(5 * k) + half)) < 1e-12);
    BOOST_TEST(std::abs(applied(shutter(96, double(k), 1, Tail::drop), ramp)[5] - (double(5 * k) + half)) < 1e-12);
    BOOST_TEST(applied(pick(96, 2, k, 10), ramp)[5] == double(2 + 5 * k));
    for (const double offset : {0.5, half})
      for (const Filter filter : {Filter::bicubic, Filter::bilinear, Filter::area}) {
        if (k % 2 && offset == 0.5) continue;  // odd kernels are not symmetric about a half place
        BOOST_TEST(std::abs(applied(decimate(96, k, filter, Boundary::reflect, offset), ramp)[5] -
                            (double(5 * k) + offset)) < 1e-9);
      }
  }
}

BOOST_AUTO_TEST_CASE(shutter_refuses) {
  BOOST_CHECK_THROW(shutter(8, 0.5, 1, Tail::drop), ShapeError);
  BOOST_CHECK_THROW(shutter(8, 2, 0, Tail::drop), ShapeError);
  BOOST_CHECK_THROW(shutter(8, 2, 1.5, Tail::drop), ShapeError);
  BOOST_CHECK_THROW(shutter(8, std::nan(""), 1, Tail::drop), ShapeError);
  BOOST_CHECK_THROW(shutter(3, 4, 1, Tail::drop), ShapeError);
  BOOST_TEST(shutter(3, 4, 1, Tail::replicate).rows() == 1);
}

// Rows sum to one for every rule that continues the signal, whatever the lengths.
RC_BOOST_PROP(constants_are_preserved, ()) {
  const auto length = *rc::gen::inRange<std::int64_t>(1, 40);
  const auto factor = *rc::gen::inRange<std::int64_t>(1, length + 1);
  const auto taps = *rc::gen::inRange<std::int64_t>(1, 60);
  const double offset = *rc::gen::element(0.5, double(factor - 1) / 2);
  const auto rest_of = [&](const AxisMap& m) {
    return (m.matrix().sum(1) - 1).abs().max().item<double>();
  };
  for (const Boundary boundary : kBoundaries) {
    if (boundary == Boundary::zero) continue;
    RC_ASSERT(rest_of(blur(length, uniform_taps(taps), boundary)) < 1e-13);
    for (const Filter filter : {Filter::bicubic, Filter::bilinear, Filter::area, Filter::lanczos})
      RC_ASSERT(rest_of(decimate(length, factor, filter, boundary, offset)) < 1e-13);
  }
  for (const Tail tail : {Tail::replicate, Tail::drop})
    RC_ASSERT(rest_of(average(length, factor, tail)) < 1e-13);
  const double ratio = 1 + double(*rc::gen::inRange(0, 400)) / 100, exposure = double(*rc::gen::inRange(1, 101)) / 100;
  RC_ASSERT(rest_of(shutter(length, ratio, exposure, Tail::replicate)) < 1e-13);
}

// Of 71 columns to 24 rows the divide and conquer of singular values is wrong from the tenth digit on.
BOOST_AUTO_TEST_CASE(decimations_are_diagonal_in_their_basis) {
  for (std::int64_t n = 9; n < 100; ++n)
    for (const std::int64_t factor : {3, 4})
      for (const Boundary boundary : {Boundary::reflect, Boundary::replicate, Boundary::circular}) {
        const AxisMap m = decimate(n, factor, Filter::bicubic, boundary);
        const AxisEigen eigen = eigen_of(m, true);
        const Tensor d = at::tensor(eigen.values, at::kDouble), w = eigen.basis;
        const Tensor gram = at::matmul(m.matrix(), m.matrix().t());
        BOOST_TEST(dense::difference(at::matmul(w * d, w.t()), gram) < 1e-13);
      }
}

BOOST_AUTO_TEST_SUITE_END()
