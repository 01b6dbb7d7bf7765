#include "priors/nn/inputs.hpp"

#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(inputs)

using namespace lvtino;
using namespace lvtino::nn;

namespace {

template <class Kind, class Function>
std::string message(const Function& function) {
  try {
    function();
  } catch (const Kind& error) {
    return error.what();
  }
  return "nothing thrown";
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_pattern_fits_or_the_error_tells_what_came) {
  const Tensor x = at::zeros({2, 3, 4});
  require_pattern(x, {2, kAny, 4}, {}, "x");
  BOOST_CHECK_EQUAL(message<ShapeError>([&] {
                      require_pattern(x, {2, kAny, 5}, {}, "n: x");
                    }),
                    "n: x: expected shape [2, -1, 5] with -1 for any, got [2, 3, 4] float32 cpu");
  BOOST_CHECK_THROW(require_pattern(x, {2, kAny}, {}, "x"), ShapeError);
  BOOST_CHECK_THROW(require_pattern(at::zeros({2, 0, 4}), {2, kAny, 4}, {}, "x"), ShapeError);
  BOOST_CHECK_THROW(require_pattern(x, {2, 3, 4}, {at::kDouble}, "x"), PlacementError);
}

BOOST_AUTO_TEST_CASE(missing_and_unknown_inputs_are_named) {
  const NamedTensors given = {{"a", at::zeros({1})}, {"b", at::zeros({1})}};
  BOOST_CHECK(input_of(given, "b", "n").is_same(given.at("b")));
  BOOST_CHECK_EQUAL(message<ShapeError>([&] { input_of(given, "c", "n"); }),
                    "n: expected an input \"c\", got a, b");
  refuse_others(given, {"b", "a"}, "n");
  BOOST_CHECK_EQUAL(message<ShapeError>([&] { refuse_others(given, {"a"}, "n"); }),
                    "n: expected the inputs a, got also \"b\"");
}

BOOST_AUTO_TEST_SUITE_END()
