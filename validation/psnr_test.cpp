#include <boost/test/unit_test.hpp>
#include <limits>

#include "lvtino/core/error.hpp"
#include "lvtino/core/rng.hpp"
#include "validation/psnr.hpp"

namespace {

using namespace lvtino;

bool close(double a, double b) { return std::abs(a - b) < 1e-9; }

}  // namespace

BOOST_AUTO_TEST_SUITE(psnr)

BOOST_AUTO_TEST_CASE(hand_computed) {
  const Tensor truth = at::zeros({1, 3, 2, 4, 5}, at::kDouble);
  Tensor restored = truth.clone();
  restored.select(2, 0).fill_(0.1);
  restored.select(2, 1).fill_(0.01);
  const MetricValue value = Psnr().evaluate(restored, truth);
  BOOST_TEST(close(value.per_frame.at(0), 20));
  BOOST_TEST(close(value.per_frame.at(1), 40));
  BOOST_TEST(close(value.whole, -10 * std::log10((0.01 + 0.0001) / 2)));  // not the mean, 30
  BOOST_TEST(std::isinf(Psnr().evaluate(truth, truth).whole));
}

BOOST_AUTO_TEST_CASE(noise_of_known_size) {
  const Tensor truth = Rng(1).uniform({1, 3, 4, 64, 64}, Placement{});
  const Tensor restored = truth + 0.05 * Rng(2).normal({1, 3, 4, 64, 64}, Placement{});
  BOOST_TEST(std::abs(Psnr().evaluate(restored, truth).whole - 26.0206) < 0.1);
}

BOOST_AUTO_TEST_CASE(unfit_videos_are_refused) {
  const Tensor truth = at::zeros({1, 3, 2, 4, 5});
  BOOST_CHECK_THROW(Psnr().evaluate(truth[0], truth[0]), ShapeError);
  BOOST_CHECK_THROW(Psnr().evaluate(at::zeros({1, 3, 2, 4, 4}), truth), ShapeError);
  BOOST_CHECK_THROW(Psnr().evaluate(truth.to(at::kDouble), truth), PlacementError);
  BOOST_CHECK_THROW(Psnr().evaluate(truth.to(at::kByte), truth.to(at::kByte)), PlacementError);
  Tensor broken = truth.clone();
  broken[0][0][0][0][0] = std::numeric_limits<float>::quiet_NaN();
  BOOST_CHECK_THROW(Psnr().evaluate(broken, truth), NumericalError);
}

BOOST_AUTO_TEST_SUITE_END()
