#include "lvtino/core/registry.hpp"

#include <boost/test/unit_test.hpp>

#include <nlohmann/json.hpp>

BOOST_AUTO_TEST_SUITE(registry)

using namespace lvtino;

namespace {

using Factory = int(const SpecReader&, int);

Registry<Factory> table() {
  return Registry<Factory>(
      "number", {{"plain", "as it is", R"({"type": "plain"})",
                  [](const SpecReader&, int base) { return base; }},
                 {"scaled", "times a factor", R"({"type": "scaled", "factor": 3})",
                  [](const SpecReader& reader, int base) {
                    const auto factor = reader.integer("factor", {.doc = "d", .fallback = 2});
                    if (factor == 13) throw ShapeError("13 does not fit");
                    return base * int(factor);
                  }}});
}

std::pair<std::string, std::string> failure_of(const Json& spec) {
  try {
    table().make(SpecReader(spec, "/number"), 5);
  } catch (const SpecError& failure) {
    return {failure.pointer(), failure.what()};
  }
  return {};
}

}  // namespace

BOOST_AUTO_TEST_CASE(makes_what_the_type_names) {
  BOOST_TEST(table().make(SpecReader(Json{{"type", "plain"}}), 5) == 5);
  BOOST_TEST(table().make(SpecReader(Json{{"type", "scaled"}, {"factor", 4}}), 5) == 20);
  BOOST_TEST((table().names() == std::vector<std::string>{"plain", "scaled"}));
  BOOST_TEST(table().noun() == "number");
}

BOOST_AUTO_TEST_CASE(failures_carry_the_pointer) {
  BOOST_TEST(failure_of({{"type", "scald"}}).first == "/number/type");
  BOOST_TEST(failure_of({{"type", "scald"}}).second.find("scaled") != std::string::npos);
  const auto misfit = failure_of({{"type", "scaled"}, {"factor", 13}});
  BOOST_TEST(misfit.first == "/number");
  BOOST_TEST(misfit.second.find("13 does not fit") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
