#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/rng.hpp"
#include "lvtino/video_color.hpp"

namespace {

using namespace lvtino;

Tensor one_pixel(double y, double u, double v, const YuvCode& code) {
  const auto plane = [](double value) { return at::full({1, 1}, value, at::kFloat); };
  return yuv_to_rgb({plane(y), plane(u), plane(v)}, yuv_grid(1, 1, 1, 1, false), code).flatten();
}

double distance(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

Tensor colour(float r, float g, float b) { return at::tensor({r, g, b}, at::kFloat); }

}  // namespace

BOOST_AUTO_TEST_SUITE(video_color)

// Codes of the 75 % and 100 % bars as published with BT.709 and BT.601.
BOOST_AUTO_TEST_CASE(known_codes) {
  const YuvCode hd = yuv_code(kBt709, false), sd = yuv_code(kBt601, false);
  BOOST_TEST(distance(one_pixel(16, 128, 128, hd), colour(0, 0, 0)) < 1e-6);
  BOOST_TEST(distance(one_pixel(235, 128, 128, hd), colour(1, 1, 1)) < 1e-6);
  BOOST_TEST(distance(one_pixel(63, 102, 240, hd), colour(1, 0, 0)) < 4e-3);
  BOOST_TEST(distance(one_pixel(173, 42, 26, hd), colour(0, 1, 0)) < 5e-3);
  BOOST_TEST(distance(one_pixel(81, 90, 240, sd), colour(1, 0, 0)) < 4e-3);
  BOOST_TEST(distance(one_pixel(145, 54, 34, sd), colour(0, 1, 0)) < 4e-3);
  BOOST_TEST(distance(one_pixel(41, 240, 110, sd), colour(0, 0, 1)) < 4e-3);
  BOOST_TEST(distance(one_pixel(255, 128, 128, yuv_code(kBt601, true)), colour(1, 1, 1)) < 1e-6);
  BOOST_TEST(distance(one_pixel(1023 / 4., 128, 128, yuv_code(kBt601, true, 10)), colour(1, 1, 1)) <
             1e-6);
  // The wrong matrix is visible.
  BOOST_TEST(distance(one_pixel(63, 102, 240, sd), colour(1, 0, 0)) > 0.05);
}

BOOST_AUTO_TEST_CASE(without_subsampling_the_two_are_inverse) {
  const Tensor rgb = Rng(5).uniform({3, 9, 11}, Placement{});
  const YuvGrid grid = yuv_grid(9, 11, 1, 1, true);
  for (const bool full : {false, true}) {
    const YuvCode code = yuv_code(kBt709, full);
    BOOST_TEST(distance(yuv_to_rgb(rgb_to_yuv(rgb, grid, code), grid, code), rgb) < 1e-5);
  }
}

// A linear ramp is kept by down- and upsampling away from the border exactly if the siting agrees.
BOOST_AUTO_TEST_CASE(siting_is_kept) {
  const Tensor ramp = at::linspace(0.2, 0.8, 16).view({1, 1, 16}).expand({1, 8, 16});
  const Tensor rgb = at::cat({ramp, at::full({1, 8, 16}, 0.5), 1 - ramp}).contiguous();
  const YuvCode code = yuv_code(kBt709, false);
  const auto inner = [](const Tensor& x) { return x.slice(2, 3, 13).slice(1, 2, 6); };
  for (const bool left : {false, true}) {
    const YuvGrid grid = yuv_grid(8, 16, 2, 2, left);
    const YuvPlanes planes = rgb_to_yuv(rgb, grid, code);
    BOOST_TEST(distance(inner(yuv_to_rgb(planes, grid, code)), inner(rgb)) < 1e-5);
    const YuvGrid wrong = yuv_grid(8, 16, 2, 2, !left);
    BOOST_TEST(distance(inner(yuv_to_rgb(planes, wrong, code)), inner(rgb)) > 1e-3);
  }
}

BOOST_AUTO_TEST_CASE(odd_sizes_and_misfits) {
  const YuvGrid grid = yuv_grid(5, 7, 2, 2, true);
  BOOST_TEST(grid.chroma_height == 3);
  BOOST_TEST(grid.chroma_width == 4);
  const Tensor grey = at::full({3, 5, 7}, 0.25);
  const YuvCode code = yuv_code(assumed_weights(480), false);
  BOOST_TEST(distance(yuv_to_rgb(rgb_to_yuv(grey, grid, code), grid, code), grey) < 1e-6);
  BOOST_CHECK_THROW(rgb_to_yuv(grey, yuv_grid(5, 8, 2, 2, true), code), ShapeError);
  BOOST_TEST(assumed_weights(720).kr == kBt709.kr);
}

BOOST_AUTO_TEST_SUITE_END()
