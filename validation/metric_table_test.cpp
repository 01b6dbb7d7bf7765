#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

#include "lvtino/core/rng.hpp"
#include "validation/metric_table.hpp"

BOOST_AUTO_TEST_SUITE(metric_table)

using namespace lvtino;

// What every metric owes: its name, one value a frame, and more noise is worse.
BOOST_AUTO_TEST_CASE(laws_of_every_metric) {
  const Shape shape{1, 3, 3, 16, 18};
  const Tensor truth = Rng(1).uniform(shape, Placement{}),
               noise = Rng(2).normal(shape, Placement{});
  for (const auto& entry : metrics().entries()) {
    const SpecReader spec(parse_json(entry.example, entry.name));
    const auto metric = metrics().make(spec);
    BOOST_CHECK_NO_THROW(spec.finish());
    BOOST_TEST(metric->name() == entry.name);
    BOOST_TEST(!metric->averaging().empty());
    const MetricValue little = metric->evaluate(truth + 0.01 * noise, truth);
    const MetricValue much = metric->evaluate(truth + 0.1 * noise, truth);
    BOOST_TEST(little.per_frame.size() == 3u);
    BOOST_TEST((little.whole > much.whole) == metric->higher_is_better(), entry.name);
  }
}

BOOST_AUTO_TEST_CASE(unknown_names_are_answered) {
  BOOST_CHECK_THROW(metrics().make(SpecReader(parse_json(R"({"type": "psrn"})", "x"))), SpecError);
}

BOOST_AUTO_TEST_SUITE_END()
