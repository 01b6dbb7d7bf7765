#include "priors/spectrum.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <nlohmann/json.hpp>

BOOST_AUTO_TEST_SUITE(spectrum)

using namespace lvtino;

BOOST_AUTO_TEST_CASE(values_by_hand) {
  const PowerLaw law = {
      .power = 2, .exponent = 2, .corner = 1, .speed = 0.5, .decay = 4, .floor = 3};
  BOOST_TEST(std::abs(law.at(0, 0, 0) - 5) < 1e-14);
  BOOST_TEST(std::abs(law.at(0, 0.3, 0.4) - (2 / 1.25 + 3)) < 1e-14);
  // r = 1, f_t / (speed r) = 1/2 / 1/2 = 1: the fall is (1 + 1)^-2.
  BOOST_TEST(std::abs(law.at(0.5, 0, 0) - (2 * 0.25 + 3)) < 1e-14);
}

BOOST_AUTO_TEST_CASE(grid_holds_the_frequencies) {
  const PowerLaw law = natural_video();
  const Tensor c = law.variance(4, 6, 10);
  const auto value = [&](int t, int h, int w) { return c[t][h][w].item<double>(); };
  BOOST_TEST(value(0, 0, 0) == law.at(0, 0, 0));
  BOOST_TEST(value(3, 4, 7) == law.at(3.0 / 8, 4.0 / 12, 7.0 / 20));
  BOOST_TEST(value(1, 0, 9) == law.at(1.0 / 8, 0, 9.0 / 20));
}

// A crop of half the size has every second frequency of the whole, with the same variances.
BOOST_AUTO_TEST_CASE(crops_agree) {
  const Tensor whole = natural_video().variance(4, 8, 12), crop = natural_video().variance(2, 4, 6);
  const Tensor every_second = whole.slice(0, 0, 4, 2).slice(1, 0, 8, 2).slice(2, 0, 12, 2);
  BOOST_TEST(at::equal(crop, every_second.contiguous()));
}

BOOST_AUTO_TEST_CASE(pixels_deviate_like_natural_ones) {
  for (const std::int64_t scale : {1, 2}) {
    const double video =
        natural_video().variance(25, 180 * scale, 320 * scale).mean().item<double>();
    const double image =
        natural_image().variance(1, 180 * scale, 320 * scale).mean().item<double>();
    BOOST_TEST(std::sqrt(video) > 0.2, "got " << std::sqrt(video));
    BOOST_TEST(std::sqrt(video) < 0.33, "got " << std::sqrt(video));
    BOOST_TEST(std::sqrt(image) > 0.2, "got " << std::sqrt(image));
    BOOST_TEST(std::sqrt(image) < 0.33, "got " << std::sqrt(image));
  }
}

BOOST_AUTO_TEST_CASE(read_from_a_spec) {
  const SpecReader reader(Json{{"power", 0.5}, {"speed", 2}});
  const PowerLaw law = read_power_law(reader, natural_video(), true);
  BOOST_TEST(law.power == 0.5);
  BOOST_TEST(law.speed == 2.0);
  BOOST_TEST(law.exponent == natural_video().exponent);
  BOOST_CHECK_NO_THROW(reader.finish());
  const SpecReader image(Json{{"speed", 2}});
  read_power_law(image, natural_image(), false);
  BOOST_CHECK_THROW(image.finish(), SpecError);
  BOOST_CHECK_THROW(read_power_law(SpecReader(Json{{"corner", 0}}), natural_image(), false),
                    SpecError);
}

BOOST_AUTO_TEST_CASE(refusals) {
  BOOST_CHECK_THROW(natural_video().variance(0, 4, 4), ShapeError);
  BOOST_CHECK_THROW(natural_image().variance(1, 4, -1), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
