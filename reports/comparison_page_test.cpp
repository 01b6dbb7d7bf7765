#include "reports/comparison_page.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

BOOST_AUTO_TEST_SUITE(comparison_page)

using namespace lvtino;

namespace {

Json table() {
  return Json::parse(R"({"format": "lvtino-comparison/1",
    "result": {"title": "A & B", "clips": ["dog", "cat"], "measures": ["psnr", "st_lpips"], "notes": ["<mind>"],
      "rows": [
        {"label": "first", "average": {"psnr": 25, "st_lpips": 0.2},
         "clips": {"dog": {"psnr": 30, "st_lpips": 0.1}, "cat": {"psnr": 20, "st_lpips": 0.3}}},
        {"label": "second", "average": {}, "clips": {"dog": {"psnr": 31, "st_lpips": 0.05}}}]},
    "context": {"rows": [{"label": "first", "clips": {
      "dog": {"video": 5, "image": 4, "seconds": 2, "peak_bytes": 1000},
      "cat": {"video": 5, "image": 4, "seconds": 4, "peak_bytes": 3000}}}]}})");
}

bool holds(const std::string& page, const std::string& words) { return page.find(words) != std::string::npos; }

}  // namespace

BOOST_AUTO_TEST_CASE(best_values_are_bold_each_way) {
  const std::string page = lvtino::comparison_page(table(), {});
  BOOST_TEST(holds(page, "<strong>31.00</strong>"));
  BOOST_TEST(!holds(page, "<strong>30.00</strong>"));
  BOOST_TEST(holds(page, "<strong>0.0500</strong>"));  // the lower, the better
  BOOST_TEST(!holds(page, "<strong>0.1000</strong>"));
  BOOST_TEST(holds(page, "<strong>25.00</strong>"));   // the only average
  BOOST_TEST(holds(page, "<td class=\"number\">–</td>"));
}

BOOST_AUTO_TEST_CASE(words_are_escaped_and_costs_averaged) {
  const std::string page = lvtino::comparison_page(table(), {});
  BOOST_TEST(holds(page, "A &amp; B"));
  BOOST_TEST(holds(page, "&lt;mind&gt;"));
  BOOST_TEST(holds(page, "3.0 s"));
  BOOST_TEST(holds(page, "dog"));
}

BOOST_AUTO_TEST_SUITE_END()
