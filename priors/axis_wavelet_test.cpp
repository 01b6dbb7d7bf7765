#include "priors/axis_wavelet.hpp"

#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

#include <cmath>

#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(axis_wavelet)

using namespace lvtino;

namespace {

double difference(const Tensor& a, const Tensor& b) {
  return at::max(at::abs(a - b)).item<double>();
}

}  // namespace

RC_BOOST_PROP(orthonormal_and_blind_to_constants, ()) {
  const std::int64_t length = *rc::gen::inRange(1, 40);
  const int levels = *rc::gen::inRange(0, 6);
  const std::int64_t shift = *rc::gen::inRange(0, 1 << levels);
  for (const auto kind : {WaveletKind::haar, WaveletKind::daubechies4}) {
    const AxisWavelet wavelet(kind, length, levels, shift);
    const Tensor w = wavelet.matrix();
    RC_ASSERT(difference(at::matmul(w, w.t()), at::eye(length, at::kDouble)) < 1e-13);
    const std::int64_t coarse = wavelet.extent(levels);
    RC_ASSERT(coarse >= 1);
    if (coarse < length)
      RC_ASSERT(at::max(at::abs(w.sum(1).narrow(0, coarse, length - coarse))).item<double>() <
                1e-12);
  }
}

BOOST_AUTO_TEST_CASE(haar_of_three_samples) {
  const double r = std::sqrt(0.5), third = std::sqrt(1.0 / 3), sixth = std::sqrt(1.0 / 6);
  const Tensor expected =
      at::tensor({third, third, third, -sixth, -sixth, 2 * sixth, -r, r, 0.0}, at::kDouble)
          .view({3, 3});
  BOOST_TEST(difference(AxisWavelet(WaveletKind::haar, 3, 2).matrix(), expected) < 1e-15);
}

// Away from the ends a row is the filter of Daubechies with two vanishing moments.
BOOST_AUTO_TEST_CASE(inside_it_is_the_filter_of_daubechies) {
  const AxisWavelet wavelet(WaveletKind::daubechies4, 16, 1);
  const Tensor w = wavelet.matrix();
  const double q = std::sqrt(3.0), n = 4 * std::sqrt(2.0);
  const Tensor row = w.select(0, 3);  // an approximation, centred on the samples 5 .. 8
  const std::vector<double> filter = {(1 + q) / n, (3 + q) / n, (3 - q) / n, (1 - q) / n};
  for (int k = 0; k < 4; ++k) {
    const double forward =
        std::abs(std::abs(row[5 + k].item<double>()) - std::abs(filter[std::size_t(k)]));
    const double backward =
        std::abs(std::abs(row[5 + k].item<double>()) - std::abs(filter[std::size_t(3 - k)]));
    BOOST_TEST(std::min(forward, backward) < 1e-14);
  }
  const Tensor ramp = at::arange(16, at::kDouble);
  const Tensor details = at::matmul(w, ramp).narrow(0, wavelet.extent(1) + 1, 6);
  BOOST_TEST(at::max(at::abs(details)).item<double>() < 1e-13);
}

// Shifting the cells by one is the transform of the signal moved by one.
BOOST_AUTO_TEST_CASE(shift_moves_the_cells) {
  const Tensor still = AxisWavelet(WaveletKind::haar, 16, 2, 0).matrix();
  const Tensor moved = AxisWavelet(WaveletKind::haar, 16, 2, 3).matrix();
  // Cells of four: the first holds sample 0 alone, the next samples 1 .. 4.
  const Tensor row = moved.select(0, 1), cell = still.select(0, 0);
  BOOST_TEST(difference(row.narrow(0, 1, 4), cell.narrow(0, 0, 4)) < 1e-15);
  BOOST_TEST(moved[0][0].item<double>() == 1);
}

BOOST_AUTO_TEST_CASE(refusals) {
  BOOST_CHECK_THROW(AxisWavelet(WaveletKind::haar, 0, 1), ShapeError);
  BOOST_CHECK_THROW(AxisWavelet(WaveletKind::haar, 4, 1, 2), ShapeError);
  BOOST_CHECK_THROW(AxisWavelet(WaveletKind::haar, 4, -1), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
