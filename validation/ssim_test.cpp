#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "lvtino/core/rng.hpp"
#include "validation/ssim.hpp"

namespace {

using namespace lvtino;

// The definition, window by window.
double direct(const Tensor& a, const Tensor& b) {
  const std::int64_t height = a.size(0), width = a.size(1);
  const Tensor axis = at::arange(-5, 6, at::kDouble);
  Tensor line = (-0.5 * (axis / 1.5).square()).exp();
  line = line / line.sum();
  const Tensor weights = at::outer(line, line);
  double total = 0;
  for (std::int64_t i = 0; i + 11 <= height; ++i)
    for (std::int64_t j = 0; j + 11 <= width; ++j) {
      const Tensor p = a.slice(0, i, i + 11).slice(1, j, j + 11),
                   q = b.slice(0, i, i + 11).slice(1, j, j + 11);
      const auto mean = [&](const Tensor& x) { return (weights * x).sum().item<double>(); };
      const double mp = mean(p), mq = mean(q);
      const double vp = mean((p - mp).square()), vq = mean((q - mq).square()),
                   cov = mean((p - mp) * (q - mq));
      total +=
          (2 * mp * mq + 1e-4) * (2 * cov + 9e-4) / ((mp * mp + mq * mq + 1e-4) * (vp + vq + 9e-4));
    }
  return total / double((height - 10) * (width - 10));
}

Tensor ramp() {
  const Tensor index = at::arange(2 * 3 * 16 * 20, at::kDouble).view({1, 3, 2, 16, 20});
  return (index * 0.37).sin() * 0.4 + 0.5;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(ssim)

BOOST_AUTO_TEST_CASE(agrees_with_the_definition) {
  const Tensor a = Rng(1).uniform({1, 2, 2, 14, 17}, Placement{at::kDouble});
  const Tensor b = a + 0.2 * Rng(2).normal({1, 2, 2, 14, 17}, Placement{at::kDouble});
  const MetricValue value = Ssim().evaluate(a, b);
  double mean = 0;
  for (int t = 0; t < 2; ++t) {
    const double expected = 0.5 * (direct(a[0][0][t], b[0][0][t]) + direct(a[0][1][t], b[0][1][t]));
    BOOST_TEST(std::abs(value.per_frame.at(t) - expected) < 1e-12);
    mean += expected / 2;
  }
  BOOST_TEST(std::abs(value.whole - mean) < 1e-12);
}

// Numbers that scikit-image 0.26.0 gives for these two videos.
BOOST_AUTO_TEST_CASE(agrees_with_scikit_image) {
  const Tensor truth = ramp(), restored = 0.9 * truth + 0.03 * (truth * 40).cos();
  const MetricValue value = Ssim().evaluate(restored, truth);
  BOOST_TEST(std::abs(value.per_frame.at(0) - 0.9843724909119737) < 1e-9);
  BOOST_TEST(std::abs(value.per_frame.at(1) - 0.9841984592214342) < 1e-9);
}

BOOST_AUTO_TEST_CASE(limits) {
  const Tensor truth = ramp();
  BOOST_TEST(std::abs(Ssim().evaluate(truth, truth).whole - 1) < 1e-12);
  BOOST_TEST(Ssim().evaluate(1 - truth, truth).whole < 0);
  BOOST_TEST(Ssim().evaluate(truth, truth + 0.1).whole < 0.999);
  const Tensor single = truth.to(at::kFloat);
  BOOST_TEST(std::abs(Ssim().evaluate(single, single).whole - 1) < 1e-9);
  BOOST_CHECK_THROW(Ssim().evaluate(at::zeros({1, 3, 2, 10, 30}), at::zeros({1, 3, 2, 10, 30})),
                    ShapeError);
}

BOOST_AUTO_TEST_CASE(same_bits_for_any_thread_count) {
  const Tensor a = Rng(3).uniform({1, 3, 2, 80, 300}, Placement{});
  const Tensor b = Rng(4).uniform({1, 3, 2, 80, 300}, Placement{});
  const int before = thread_count();
  set_thread_count(1);
  const double one = Ssim().evaluate(a, b).whole;
  set_thread_count(3);
  BOOST_TEST(Ssim().evaluate(a, b).whole == one);
  set_thread_count(before);
}

BOOST_AUTO_TEST_SUITE_END()
