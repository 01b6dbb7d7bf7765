#include <boost/test/unit_test.hpp>
#include <cmath>

#include "reports/curves.hpp"

BOOST_AUTO_TEST_SUITE(curves)

using namespace lvtino::html;

BOOST_AUTO_TEST_CASE(ticks_are_round_and_cover) {
  BOOST_TEST(round_ticks(0, 24, 6) == (std::vector<double>{0, 5, 10, 15, 20, 25}),
             boost::test_tools::per_element());
  for (const auto& [low, high] :
       {std::pair{27.3, 31.9}, {0.91, 0.93}, {-4.0, 17.0}, {5.0, 5.001}}) {
    const std::vector<double> ticks = round_ticks(low, high, 5);
    BOOST_TEST(ticks.size() >= 2u);
    BOOST_TEST(ticks.size() <= 8u);
    BOOST_TEST(ticks.front() <= low + 1e-9);
    BOOST_TEST(ticks.back() >= high - 1e-9);
  }
}

BOOST_AUTO_TEST_CASE(chart_holds_every_point_and_escapes) {
  const std::string chart =
      line_chart("PSNR, dB", {{"a<b", {30, 31, INFINITY, 32}}, {"c", {20, 21, 22, 23}}}, 2);
  std::size_t circles = 0;
  for (std::size_t at = chart.find("<circle"); at != std::string::npos;
       at = chart.find("<circle", at + 1))
    ++circles;
  BOOST_TEST(circles == 7u);
  BOOST_TEST(chart.find("a<b") == std::string::npos);
  BOOST_TEST(chart.find("a&lt;b") != std::string::npos);
  BOOST_TEST(chart.find("PSNR, dB") != std::string::npos);
  BOOST_TEST(chart.find("inf") == std::string::npos);
  BOOST_TEST(chart.find("nan") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(degenerate_data_still_draw) {
  BOOST_TEST(line_chart("x", {{"one", {5}}}, 2).find("<circle") != std::string::npos);
  BOOST_TEST(line_chart("x", {{"flat", {5, 5, 5}}}, 2).find("nan") == std::string::npos);
  BOOST_TEST(line_chart("x", {{"none", {NAN}}}, 2).find("<svg") == std::string::npos);
  BOOST_TEST(line_chart("x", {}, 2).find("<svg") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
