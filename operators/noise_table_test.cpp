#include "operators/noise_table.hpp"

#include <boost/test/unit_test.hpp>

#include <nlohmann/json.hpp>

BOOST_AUTO_TEST_SUITE(noise_table)

using namespace lvtino;

namespace {

NoisePtr made(const SpecReader& reader) {
  NoisePtr noise = read_noise(reader);
  reader.finish();
  return noise;
}

NoisePtr made(const char* spec) { return made(SpecReader(parse_json(spec, "noise"))); }

std::string pointer_of_failure(const char* spec) {
  try {
    made(spec);
  } catch (const SpecError& error) {
    return error.pointer();
  }
  return "no failure";
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_example_builds) {
  for (const auto& entry : lvtino::noise_table().entries()) {
    const SpecReader reader(parse_json(entry.example, entry.name));
    BOOST_TEST(made(reader)->name() == entry.name);
    BOOST_TEST(!entry.summary.empty());
    const SpecReader again(reader.resolved());
    const Tensor x = Rng(1).uniform({1, 1, 1, 8, 8}, {});
    BOOST_TEST(at::equal(made(again)->draw(x, Rng(2)), made(reader)->draw(x, Rng(2))));
    BOOST_TEST(again.resolved() == reader.resolved());
  }
}

BOOST_AUTO_TEST_CASE(gaussian_is_the_default) {
  const NoisePtr noise = made(R"({"sigma": 0.25})");
  BOOST_TEST(noise->name() == "gaussian");
  BOOST_TEST(noise->data_sigma(at::zeros({1})) == 0.25);
  BOOST_TEST(made(R"({"sigma": 0.25, "data_sigma": 0.5})")->data_sigma(at::zeros({1})) == 0.5);
}

BOOST_AUTO_TEST_CASE(values_out_of_range_are_refused) {
  BOOST_TEST(pointer_of_failure(R"({})") == "/sigma");
  BOOST_TEST(pointer_of_failure(R"({"sigma": 0})") == "/sigma");
  BOOST_TEST(pointer_of_failure(R"({"type": "gausian", "sigma": 1})") == "/type");
  BOOST_TEST(pointer_of_failure(R"({"type": "poisson"})") == "/peak");
  BOOST_TEST(pointer_of_failure(R"({"type": "poisson", "peak": 0})") == "/peak");
  BOOST_TEST(pointer_of_failure(R"({"type": "poisson", "peak": 9, "sigma": 0.1})") == "/sigma");
  BOOST_TEST(pointer_of_failure(R"({"type": "poisson_gaussian", "peak": 9})") == "/sigma");
  BOOST_TEST(pointer_of_failure(R"({"type": "impulse", "probability": 1})") == "/probability");
  BOOST_TEST(pointer_of_failure(R"({"sigma": 1, "data_sigma": 0})") == "/data_sigma");
}

BOOST_AUTO_TEST_SUITE_END()
