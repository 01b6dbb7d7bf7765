#include "lvtino/core/meter.hpp"

#include <boost/test/unit_test.hpp>

#include <stdexcept>
#include <thread>
#include <vector>

BOOST_AUTO_TEST_SUITE(meter)

using namespace lvtino;

namespace {

void sleep_milliseconds(int count) {
  std::this_thread::sleep_for(std::chrono::milliseconds(count));
}

}  // namespace

BOOST_AUTO_TEST_CASE(stages_in_the_order_of_first_use) {
  StageMeter meter;
  meter.measure("b", [] { sleep_milliseconds(20); });
  BOOST_TEST(meter.measure("a", [] { return 7; }) == 7);
  meter.measure("b", [] { sleep_milliseconds(20); });
  BOOST_REQUIRE(meter.stages().size() == 2u);
  BOOST_TEST(meter.stages()[0].name == "b");
  BOOST_TEST(meter.stages()[0].calls == 2);
  BOOST_TEST(meter.stages()[1].calls == 1);
  BOOST_TEST(meter.seconds("b") >= 0.04);
  BOOST_TEST(meter.seconds("b") < 10);
  BOOST_TEST(meter.seconds("a") < meter.seconds("b"));
  BOOST_TEST(meter.seconds("never") == 0.0);
}

BOOST_AUTO_TEST_CASE(a_stage_that_waits_takes_no_processor) {
  StageMeter meter;
  meter.measure("waits", [] { sleep_milliseconds(50); });
  meter.measure("works", [] {
    const ProcessorClock clock;
    while (clock.seconds() < 0.02) {
    }
  });
  BOOST_TEST(meter.stages()[0].processor_seconds < meter.stages()[0].seconds);
  BOOST_TEST(meter.stages()[1].processor_seconds >= 0.02);
}

BOOST_AUTO_TEST_CASE(a_stage_that_throws_is_counted) {
  StageMeter meter;
  const auto failing = [] { throw std::runtime_error("x"); };
  BOOST_CHECK_THROW(meter.measure("a", failing), std::runtime_error);
  BOOST_TEST(meter.stages().at(0).calls == 1);
}

BOOST_AUTO_TEST_CASE(memory_of_a_stage) {
  if (resident_bytes() == 0 || !reset_peak_memory()) return;  // the system does not tell
  constexpr std::size_t kBytes = std::size_t(256) << 20;
  StageMeter meter;
  const auto before = resident_bytes();
  meter.measure("large", [] {
    std::vector<char> block(kBytes, 1);
    return block[kBytes / 2];
  });
  meter.measure("small", [] {});
  BOOST_TEST(meter.stages()[0].peak_bytes >= before + std::int64_t(kBytes) / 10 * 9);
  BOOST_TEST(meter.stages()[1].peak_bytes < before + std::int64_t(kBytes) / 2);
}

BOOST_AUTO_TEST_CASE(clock) {
  const Clock clock;
  const double first = clock.seconds();
  sleep_milliseconds(5);
  BOOST_TEST(clock.seconds() >= first + 0.005);
}

BOOST_AUTO_TEST_SUITE_END()
