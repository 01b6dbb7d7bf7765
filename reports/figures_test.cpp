#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"
#include "reports/figures.hpp"

BOOST_AUTO_TEST_SUITE(figures)

using namespace lvtino;

BOOST_AUTO_TEST_CASE(colours_are_ordered_by_luminance) {
  const Tensor row = color_mapped(at::linspace(0, 1, 256).view({1, 256}), 1).to(at::kDouble);
  const Tensor linear = at::where(row <= 0.04045, row / 12.92, ((row + 0.055) / 1.055).pow(2.4));
  const Tensor luminance = (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])[0];
  const Tensor step = luminance.slice(0, 1) - luminance.slice(0, 0, 255);
  BOOST_TEST(step.min().item<double>() > 0);
  BOOST_TEST(luminance[0].item<double>() < 0.02);
  BOOST_TEST(luminance[255].item<double>() > 0.8);
  BOOST_TEST(row.min().item<double>() >= 0);
  BOOST_TEST(row.max().item<double>() <= 1);
  // Beyond the scale, and not-a-number, is the light end.
  const Tensor ends = color_mapped(at::tensor({0.2f, 7.f, NAN}, at::kFloat).view({1, 3}), 0.2);
  BOOST_TEST(at::equal(ends[1][0][0], ends[1][0][1]));
  BOOST_TEST(at::equal(ends[1][0][0], ends[1][0][2]));
}

BOOST_AUTO_TEST_CASE(error_maps_and_scales) {
  const Tensor a = at::zeros({3, 20, 20});
  Tensor b = a.clone();
  b[0][4][5] = 0.3f;
  const Tensor map = error_map(a, b, 0.1), flat = error_map(a, a, 0.1);
  BOOST_TEST(
      at::equal(map.select(1, 4).select(1, 5), color_mapped(at::full({1, 1}, 0.1), 0.1).flatten()));
  BOOST_TEST((map != flat).any(0).sum().item<std::int64_t>() == 1);
  BOOST_TEST(error_scale(a, b) == 0.01);
  BOOST_TEST(error_scale(a, a + 0.13) == 0.2);
  BOOST_TEST(error_scale(a, a + 9) == 1.0);
  // Few large errors do not set the scale, more of them do.
  Tensor c = a + 0.03f;
  c.narrow(1, 0, 1).narrow(2, 0, 7).fill_(0.9f);  // 7 of 400
  BOOST_TEST(error_scale(a, c) == 0.05);
  c.narrow(1, 1, 1).narrow(2, 0, 7).fill_(0.9f);
  BOOST_TEST(error_scale(a, c) == 1.0);
  BOOST_TEST(scale_caption(0.1).find("0.1") != std::string::npos);
  BOOST_CHECK_THROW(error_map(a, at::zeros({3, 20, 21}), 0.1), ShapeError);
}

BOOST_AUTO_TEST_CASE(slices_run_through_time) {
  const Tensor video =
      at::arange(2 * 3 * 4, at::kFloat).view({1, 1, 2, 3, 4}).expand({1, 3, 2, 3, 4}).contiguous();
  const Tensor slice = x_t_slice(video, 0.5, 6, 8);
  BOOST_TEST((shape_of(slice) == Shape{3, 6, 8}));
  for (int y = 0; y < 6; ++y)
    for (int x = 0; x < 8; ++x)
      BOOST_TEST(slice[1][y][x].item<float>() == video[0][1][y / 3][1][x / 2].item<float>());
  BOOST_TEST(at::equal(x_t_slice(video, 1, 2, 4)[0], video[0][0].select(1, 2)));
  BOOST_TEST(at::equal(frame_image(video, 1), video[0].select(1, 1)));
  BOOST_CHECK_THROW(frame_image(video, 2), ShapeError);
  BOOST_CHECK_THROW(x_t_slice(video[0], 0, 2, 2), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
