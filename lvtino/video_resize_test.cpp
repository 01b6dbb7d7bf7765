#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "lvtino/core/rng.hpp"
#include "lvtino/video_resize.hpp"

namespace {

using namespace lvtino;

double distance(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(video_resize)

BOOST_AUTO_TEST_CASE(proportions_are_kept) {
  // A ramp in x keeps its slope a pixel times the scale, whatever the wanted proportions.
  const Tensor ramp = at::linspace(0.1, 0.9, 41).view({1, 1, 41}).expand({3, 30, 41}).contiguous();
  const Tensor small = resize_to_cover(ramp, 15, 11);
  BOOST_TEST((shape_of(small) == Shape{3, 15, 11}));
  const Tensor step = small.slice(2, 1) - small.slice(2, 0, -1);
  BOOST_TEST(distance(step, at::full_like(step, 0.02 * 41 / 21)) < 2e-3);
  // The cut is around the centre.
  BOOST_TEST(std::abs(small.mean().item<double>() - 0.5) < 1e-3);
}

BOOST_AUTO_TEST_CASE(shrinking_does_not_alias) {
  const Tensor stripes =
      at::arange(64).remainder(2).to(at::kFloat).view({1, 1, 64}).expand({3, 64, 64}).contiguous();
  const Tensor small = resize_to_cover(stripes, 16, 16).slice(2, 2, 14);
  BOOST_TEST(distance(small, at::full_like(small, 0.5)) < 0.02);
}

BOOST_AUTO_TEST_CASE(range_identity_and_threads) {
  const Tensor noise = Rng(1).uniform({3, 20, 30}, Placement{});
  BOOST_TEST(at::equal(resize_to_cover(noise, 20, 30), noise));
  const Tensor large = resize_to_cover(noise, 50, 47);
  BOOST_TEST(large.min().item<float>() >= 0.f);
  BOOST_TEST(large.max().item<float>() <= 1.f);
  const int before = thread_count();
  set_thread_count(before == 1 ? 2 : 1);
  BOOST_TEST(at::equal(resize_to_cover(noise, 50, 47), large));
  set_thread_count(before);
  BOOST_CHECK_THROW(resize_to_cover(noise, 0, 3), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
