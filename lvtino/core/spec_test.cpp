#include "lvtino/core/spec.hpp"

#include <boost/test/unit_test.hpp>

#include <nlohmann/json.hpp>

BOOST_AUTO_TEST_SUITE(spec)

using namespace lvtino;

namespace {

struct Failure {
  std::string pointer, message;
};

/// What reading `document` by `read` is answered with; empty if it is accepted.
template <class Read>
Failure failure_of(const char* document, const Read& read) {
  try {
    read(SpecReader(Json::parse(document)));
  } catch (const SpecError& failure) {
    return {failure.pointer(), failure.what()};
  }
  return {};
}

bool mentions(const Failure& failure, const std::string& part) {
  return failure.message.find(part) != std::string::npos;
}

void expect(const Failure& failure, const std::string& pointer, const std::string& part) {
  BOOST_TEST(failure.pointer == pointer);
  BOOST_TEST(mentions(failure, part), failure.message << " should mention " << part);
}

const IntegerField kFactor = {.doc = "d", .low = 1, .high = 16};
const NumberField kSigma = {.doc = "d", .low = 0, .high = 1, .above_low = true};
const NumbersField kSteps = {.doc = "d", .least = 2, .most = 3, .low = 0};
const ChoiceField kTail = {.doc = "d", .choices = {"replicate", "drop"}};

}  // namespace

BOOST_AUTO_TEST_CASE(reads_values) {
  const SpecReader reader(Json::parse(
      R"({"i": 4, "x": 0.5, "n": [1, 2.5], "s": "name", "c": "drop", "f": true, "huge": 9007199254740993})"));
  BOOST_TEST(reader.integer("i", kFactor) == 4);
  BOOST_TEST(reader.number("x", kSigma) == 0.5);
  BOOST_TEST((reader.numbers("n", kSteps) == std::vector<double>{1, 2.5}));
  BOOST_TEST(reader.string("s", {.doc = "d"}) == "name");
  BOOST_TEST(reader.choice("c", kTail) == "drop");
  BOOST_TEST(reader.flag("f", {.doc = "d"}));
  BOOST_TEST(reader.integer("huge", {.doc = "d"}) == 9007199254740993);
  BOOST_CHECK_NO_THROW(reader.finish());
  BOOST_TEST(reader.has("i"));
  BOOST_TEST(!reader.has("j"));
}

BOOST_AUTO_TEST_CASE(integers) {
  const auto read = [](const SpecReader& r) { r.integer("a", kFactor); };
  expect(failure_of("{}", read), "/a", "the key is missing");
  expect(failure_of(R"({"a": 0})", read), "/a", "in [1, 16], got 0");
  expect(failure_of(R"({"a": 17})", read), "/a", "got 17");
  expect(failure_of(R"({"a": 2.0})", read), "/a", "an integer");
  expect(failure_of(R"({"a": "2"})", read), "/a", "got \"2\"");
  expect(failure_of(R"({"a": 18446744073709551615})", read), "/a", "got 18446744073709551615");
  expect(failure_of(R"({"a": null})", read), "/a", "got null");
}

BOOST_AUTO_TEST_CASE(numbers) {
  const auto one = [](const SpecReader& r) { r.number("a", kSigma); };
  expect(failure_of("{}", one), "/a", "the key is missing");
  expect(failure_of(R"({"a": 0})", one), "/a", "in (0, 1], got 0");
  expect(failure_of(R"({"a": 1.1})", one), "/a", "got 1.1");
  expect(failure_of(R"({"a": "x"})", one), "/a", "a number");
  expect(failure_of(R"({"a": [1]})", one), "/a", "got [1]");
  const auto many = [](const SpecReader& r) { r.numbers("a", kSteps); };
  expect(failure_of("{}", many), "/a", "2 to 3 numbers");
  expect(failure_of(R"({"a": [1]})", many), "/a", "2 to 3 numbers");
  expect(failure_of(R"({"a": [1, 2, 3, 4]})", many), "/a", "2 to 3 numbers");
  expect(failure_of(R"({"a": 1})", many), "/a", "got 1");
  expect(failure_of(R"({"a": [1, "x"]})", many), "/a/1", "got \"x\"");
  expect(failure_of(R"({"a": [1, 2, -1]})", many), "/a/2", "got -1");
}

BOOST_AUTO_TEST_CASE(strings_choices_and_flags) {
  const auto string = [](const SpecReader& r) { r.string("a", {.doc = "d"}); };
  expect(failure_of("{}", string), "/a", "the key is missing");
  expect(failure_of(R"({"a": 1})", string), "/a", "a string");
  const auto choice = [](const SpecReader& r) { r.choice("a", kTail); };
  expect(failure_of("{}", choice), "/a", "one of replicate, drop");
  expect(failure_of(R"({"a": "replicat"})", choice), "/a", "did you mean \"replicate\"?");
  expect(failure_of(R"({"a": true})", choice), "/a", "got true");
  BOOST_TEST(!mentions(failure_of(R"({"a": "circular"})", choice), "did you mean"));
  const auto flag = [](const SpecReader& r) { r.flag("a", {.doc = "d"}); };
  expect(failure_of("{}", flag), "/a", "true or false");
  expect(failure_of(R"({"a": 1})", flag), "/a", "true or false");
}

BOOST_AUTO_TEST_CASE(objects) {
  BOOST_CHECK_THROW(SpecReader(Json::parse("[1]")), SpecError);
  const auto child = [](const SpecReader& r) { r.child("a", "d").integer("b", kFactor); };
  expect(failure_of("{}", child), "/a", "an object, but the key is missing");
  expect(failure_of(R"({"a": 1})", child), "/a", "an object, got 1");
  expect(failure_of(R"({"a": {"b": 99}})", child), "/a/b", "got 99");
  const auto children = [](const SpecReader& r) {
    for (const auto& entry : r.children("a", "d", 1, 2)) entry.integer("b", kFactor);
  };
  expect(failure_of("{}", children), "/a", "1 to 2 objects");
  expect(failure_of(R"({"a": []})", children), "/a", "1 to 2 objects");
  expect(failure_of(R"({"a": [{"b": 1}, {"b": 0}]})", children), "/a/1/b", "got 0");
  expect(failure_of(R"({"a": [{"b": 1}, 3]})", children), "/a/1", "an object, got 3");
}

BOOST_AUTO_TEST_CASE(optional_objects) {
  const SpecReader reader(Json::parse(R"({"there": {"b": 2}, "nothing": null})"));
  BOOST_TEST(bool(reader.child_if("there", "d")));
  BOOST_TEST(!reader.child_if("nothing", "d"));
  BOOST_TEST(!reader.child_if("missing", "d"));
  BOOST_TEST(reader.child("else", "d", Json{{"b", 3}}).integer("b", kFactor) == 3);
  BOOST_TEST(reader.children("list", "d", 0, 9, Json::parse(R"([{"b": 4}])"))[0].integer(
                 "b", kFactor) == 4);
}

BOOST_AUTO_TEST_CASE(unknown_keys) {
  const auto read = [](const SpecReader& r) {
    r.integer("factor", {.doc = "d", .fallback = 4});
    if (const auto child = r.child_if("noise", "d")) child->number("sigma", {.doc = "d"});
    r.finish();
  };
  BOOST_TEST(failure_of(R"({"factor": 2, "noise": {"sigma": 1}})", read).message == "");
  expect(failure_of(R"({"facter": 2})", read), "/facter", "did you mean \"factor\"?");
  expect(failure_of(R"({"noise": {"sigma": 1, "sgima": 2}})", read), "/noise/sgima",
         "did you mean \"sigma\"?");
  expect(failure_of(R"({"entirely_else": 2})", read), "/entirely_else",
         "known here: factor, noise");
  expect(failure_of(R"({"a/b~c": 2})", read), "/a~1b~0c", "unknown key");
}

BOOST_AUTO_TEST_CASE(types) {
  const auto read = [](const SpecReader& r) { r.type({"blur", "mask"}); };
  expect(failure_of("{}", read), "/type", "one of blur, mask");
  expect(failure_of(R"({"type": "blurr"})", read), "/type", "did you mean \"blur\"?");
}

BOOST_AUTO_TEST_CASE(resolved_spec_has_the_defaults) {
  const SpecReader reader(
      Json::parse(R"({"noise": {"type": "gaussian"}, "list": [{"b": 2}, {}]})"));
  reader.integer("factor", {.doc = "d", .fallback = 4});
  const SpecReader noise = reader.child("noise", "d");
  noise.type({"gaussian"});
  noise.number("sigma", {.doc = "d", .fallback = 0.25});
  for (const auto& entry : reader.children("list", "d", 0, 5))
    entry.integer("b", {.doc = "d", .fallback = 7});
  reader.child_if("prior", "d");
  const Json expected = Json::parse(
      R"({"factor": 4, "noise": {"type": "gaussian", "sigma": 0.25}, "list": [{"b": 2}, {"b": 7}], "prior": null})");
  BOOST_TEST(reader.resolved() == expected, reader.resolved().dump());
}

BOOST_AUTO_TEST_CASE(schema) {
  const SpecReader reader(Json::parse(R"({"sigma": 0.5, "inner": {}})"));
  reader.number("sigma", kSigma);
  reader.integer("factor", {.doc = "how many", .fallback = 4, .low = 1, .high = 16});
  reader.child("inner", "a part")
      .choice("tail", {.doc = "d", .choices = {"x", "y"}, .fallback = "x"});
  const Json schema = reader.schema();
  BOOST_TEST(schema["type"] == "object");
  BOOST_TEST(schema["additionalProperties"] == false);
  BOOST_TEST((schema["required"] == Json{"sigma", "inner"}), schema.dump());
  const Json& properties = schema["properties"];
  BOOST_TEST((properties["factor"] == Json{{"type", "integer"},
                                           {"description", "how many"},
                                           {"minimum", 1},
                                           {"maximum", 16},
                                           {"default", 4}}));
  BOOST_TEST(properties["sigma"]["exclusiveMinimum"] == 0.0);
  BOOST_TEST((properties["inner"]["properties"]["tail"]["enum"] == Json{"x", "y"}));
  BOOST_TEST(properties["inner"]["description"] == "a part");
}

BOOST_AUTO_TEST_CASE(nearest_names) {
  BOOST_TEST(nearest_name("gausian", {"gamma", "gaussian", "mask"}) == "gaussian");
  BOOST_TEST(nearest_name("zzzzzz", {"gamma", "gaussian"}) == "");
  BOOST_TEST(nearest_name("a", {}) == "");
}

BOOST_AUTO_TEST_CASE(setting_values) {
  Json document = Json::parse(R"({"a": {"b": 1}, "list": [1, {"c": 2}]})");
  set_at_pointer(document, "/a/b", 5);
  set_at_pointer(document, "/new/deep", "x");
  set_at_pointer(document, "/list/1/c", true);
  set_at_pointer(document, "/a~1b~0c", 3);
  BOOST_TEST(
      document ==
          Json::parse(
              R"({"a": {"b": 5}, "list": [1, {"c": true}], "new": {"deep": "x"}, "a/b~c": 3})"),
      document.dump());
  const auto pointer_of = [&](const char* pointer) {
    try {
      set_at_pointer(document, pointer, 1);
    } catch (const SpecError& failure) {
      return failure.pointer();
    }
    return std::string("accepted");
  };
  BOOST_TEST(pointer_of("a") == "a");
  BOOST_TEST(pointer_of("/list/9") == "/list/9");
  BOOST_TEST(pointer_of("/list/x/c") == "/list/x");
  BOOST_TEST(pointer_of("/a/b/c") == "/a/b/c");
}

BOOST_AUTO_TEST_SUITE_END()
