#include "operators/jpeg_codec.hpp"

#include <boost/test/unit_test.hpp>

#include "dense.hpp"
#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(jpeg_codec)

using namespace lvtino;

namespace {

JpegCodec codec(const Shape& d, const std::string& sampling, int quality,
                const Placement& p = dense::kExact) {
  auto transform = std::make_shared<JpegTransform>(
      d, p, JpegLayout(d[3], d[4], JpegColor::ycc, jpeg_factors(sampling)));
  const Tensor steps = standard_steps(*transform, quality);
  return JpegCodec(std::move(transform), steps);
}

}  // namespace

// Level 255 g of a grey picture: DC = 8 (255 g - 128) over the step, everything else 0.
BOOST_AUTO_TEST_CASE(grey_by_hand) {
  const Shape d = {1, 3, 1, 8, 8};
  const JpegCodec c = codec(d, "444", 10);
  const Tensor levels = c.encode(at::full(d, 0.8, at::kDouble));  // 204: 8 * 76 / 80 = 7.6
  BOOST_TEST(levels.view(-1)[0].item<double>() == 8);
  BOOST_TEST(levels.view(-1).narrow(0, 1, 191).abs().max().item<double>() == 0);
  const Tensor decoded = c.decode(levels);  // 128 + 80 = 208
  BOOST_TEST(dense::difference(decoded, at::full(d, 208.0 / 255, at::kDouble)) < 1e-14);
  const Intervals set = c.intervals(levels);
  BOOST_TEST(std::abs(set.lower.view(-1)[0].item<double>() - (8 * 128 + 80 * 7.501) / 255) < 1e-12);
  BOOST_TEST(std::abs(set.upper.view(-1)[0].item<double>() - (8 * 128 + 80 * 8.499) / 255) < 1e-12);
  const Intervals narrow = c.intervals(levels, 0, 0.5);
  BOOST_TEST(std::abs((narrow.upper - narrow.lower).view(-1)[0].item<double>() - 80 * 0.499 / 255) < 1e-12);
  BOOST_CHECK_THROW(c.intervals(levels, 0, 0), NumericalError);
  BOOST_CHECK_THROW(c.intervals(levels, -1), NumericalError);
  const Intervals wide = c.intervals(levels, 2);
  BOOST_TEST(std::abs((wide.upper - set.upper).view(-1)[5].item<double>() - 2.0 / 255) < 1e-12);
}

BOOST_AUTO_TEST_CASE(halves_go_away_from_zero) {
  const Shape d = {1, 3, 1, 8, 8};
  const JpegCodec c = codec(d, "444", 50);  // DC step 16: a level of 1 counts 1/2
  for (const double level : {-1.0, 1.0}) {
    const Tensor q = c.encode(at::full(d, (128 + level) / 255, at::kDouble) * (1 + 1e-15 * level));
    BOOST_TEST(q.view(-1)[0].item<double>() == level);
  }
}

BOOST_AUTO_TEST_CASE(decoded_videos_encode_to_the_same) {
  for (const char* sampling : {"444", "420", "422"})
    for (const Placement& p : {dense::kExact, Placement{}}) {
      const Shape d = {1, 3, 2, 32, 16};
      const JpegCodec c = codec(d, sampling, 10, p);
      const Tensor levels = c.encode(Rng(1).uniform(d, p));
      BOOST_TEST(at::equal(c.encode(c.decode(levels)), levels));
      BOOST_TEST(c.intervals(levels).violation(c.decode(levels)) == 0);
    }
}

BOOST_AUTO_TEST_CASE(truth_lies_in_its_intervals_but_for_the_margin) {
  const Shape d = {1, 3, 1, 17, 21};
  const JpegCodec c = codec(d, "420", 30);
  const Tensor x = Rng(2).uniform(d, dense::kExact), levels = c.encode(x);
  BOOST_TEST(c.intervals(levels).violation(x) <= 1e-3 * 255 / 255);
  BOOST_TEST(c.intervals(levels, 0.255).violation(x) == 0);  // the margin is 255 / 1000 at most
  // Another clip's levels do not fit.
  BOOST_TEST(c.intervals(c.encode(Rng(3).uniform(d, dense::kExact))).violation(x) > 0.01);
}

BOOST_AUTO_TEST_CASE(a_staircase_has_no_derivative) {
  const Shape d = {1, 3, 1, 8, 8};
  const JpegRoundTrip trip(codec(d, "444", 10));
  const Tensor x = Rng(4).uniform(d, dense::kExact);
  BOOST_TEST(at::equal(trip.apply(trip.apply(x)), trip.apply(x)));
  BOOST_CHECK_THROW(trip.derivative(x, x), NotSupportedError);
  BOOST_CHECK_THROW(trip.adjoint_derivative(x, x), NotSupportedError);
}

BOOST_AUTO_TEST_CASE(refusals) {
  const auto t = codec({1, 3, 2, 8, 8}, "444", 10).transform();
  BOOST_CHECK_THROW(JpegCodec(t, at::ones({1, 1, 3, 1, 192}, at::kDouble)), ShapeError);
  BOOST_CHECK_THROW(JpegCodec(t, at::zeros({1, 1, 1, 1, 192}, at::kDouble)), NumericalError);
  BOOST_CHECK_THROW(JpegCodec(t, at::ones({1, 1, 1, 1, 192}, at::kFloat)), PlacementError);
  BOOST_CHECK_THROW(steps_of_tables(*t, {}), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
