#include "operators/motion_kernel.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

#include "dense.hpp"
#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(motion_kernel)

using namespace lvtino;

namespace {

// The definition by brute force: a sum over many points of the segment.
Tensor by_brute_force(double length, double angle, std::int64_t rows, std::int64_t columns) {
  const Tensor out = at::zeros({rows, columns}, at::kDouble);
  auto k = out.accessor<double, 2>();
  constexpr int kPoints = 20000;
  const double c = std::cos(angle * M_PI / 180), s = std::sin(angle * M_PI / 180);
  for (int p = 0; p < kPoints; ++p) {
    const double at = length * ((p + 0.5) / kPoints - 0.5);
    for (std::int64_t i = 0; i < rows; ++i)
      for (std::int64_t j = 0; j < columns; ++j) {
        const double u = double(i - rows / 2) + at * s, v = double(j - columns / 2) - at * c;
        k[i][j] += std::max(0.0, 1 - std::abs(u)) * std::max(0.0, 1 - std::abs(v)) / kPoints;
      }
  }
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(level_motion_by_hand) {
  // The trace covers [-1, 1]: 1/2 integral of 1 - |s| in the middle, 1/2 integral of s over [0, 1] beside it.
  const Tensor found = lvtino::motion_kernel(2, 0);
  BOOST_TEST((shape_of(found) == Shape{1, 3}));
  BOOST_TEST(dense::difference(found, at::tensor({0.25, 0.5, 0.25}, at::kDouble).view({1, 3})) < 1e-15);
  BOOST_TEST(dense::difference(lvtino::motion_kernel(2, 90), found.t()) < 1e-15);
  BOOST_TEST(dense::difference(lvtino::motion_kernel(2, -180), found) < 1e-15);
  // One pixel: [-1/2, 1/2], 1/8 to either side.
  BOOST_TEST(dense::difference(lvtino::motion_kernel(1, 0),
                               at::tensor({0.125, 0.75, 0.125}, at::kDouble).view({1, 3})) < 1e-15);
}

BOOST_AUTO_TEST_CASE(equals_the_integral) {
  for (const double length : {0.3, 1.0, 2.7, 6.5, 12.0})
    for (const double angle : {0.0, 17.0, 45.0, 90.0, 133.0, -70.0, 360.0}) {
      const Tensor found = lvtino::motion_kernel(length, angle);
      const Tensor summed = by_brute_force(length, angle, found.size(0), found.size(1));
      BOOST_TEST(dense::difference(found, summed) < 2e-5, length << " " << angle);
    }
}

BOOST_AUTO_TEST_CASE(sum_symmetry_and_direction) {
  for (const double length : {0.5, 3.3, 9.0, 25.0})
    for (double angle = -360; angle <= 360; angle += 7.5) {
      const Tensor k = lvtino::motion_kernel(length, angle);
      BOOST_TEST(std::abs(k.sum().item<double>() - 1) < 1e-13);
      BOOST_TEST(k.min().item<double>() >= 0);
      BOOST_TEST(dense::difference(k, k.flip({0, 1})) < 1e-14);
      BOOST_TEST(dense::difference(k, lvtino::motion_kernel(length, angle + 180)) < 1e-13);
    }
  // 45 degrees goes up to the right: above the middle, right of it.
  const Tensor k = lvtino::motion_kernel(4, 45);
  BOOST_TEST(k[0][k.size(1) - 1].item<double>() > 0);
  BOOST_TEST(k[0][0].item<double>() == 0);
}

BOOST_AUTO_TEST_CASE(no_motion_and_refusals) {
  BOOST_TEST(at::equal(lvtino::motion_kernel(0, 30), at::ones({1, 1}, at::kDouble)));
  BOOST_CHECK_THROW(lvtino::motion_kernel(-1, 0), ShapeError);
  BOOST_CHECK_THROW(lvtino::motion_kernel(1001, 0), ShapeError);
  BOOST_CHECK_THROW(lvtino::motion_kernel(3, std::nan("")), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
