#include "lvtino/core/rounding.hpp"

#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(rounding)

using namespace lvtino;

// Eight significant bits: in [1, 2) the numbers are multiples of 2^-7; ties go to the even one.
BOOST_AUTO_TEST_CASE(bfloat16_has_eight_significant_bits) {
  const double step = 0.0078125;
  const std::vector<double> from = {1 + 0.4 * step, 1 + 0.5 * step, 1 + 0.6 * step,
                                    1 + 1.5 * step, -0.3,           0};
  const std::vector<double> to = {1, 1, 1 + step, 1 + 2 * step, -0.30078125, 0};
  for (const auto dtype : {at::kFloat, at::kDouble}) {
    const Tensor x = at::tensor(from, at::TensorOptions().dtype(dtype));
    const Tensor y = rounded(x, Rounding::bfloat16);
    BOOST_TEST((y.scalar_type() == dtype));
    for (std::size_t i = 0; i < from.size(); ++i)
      BOOST_TEST(y[std::int64_t(i)].item<double>() == to[i]);
    BOOST_TEST(at::equal(rounded(x, Rounding::none), x));
  }
  for (std::size_t i = 0; i < from.size(); ++i)
    BOOST_TEST(rounded(from[i], Rounding::bfloat16) == to[i]);
}

BOOST_AUTO_TEST_CASE(names) {
  for (const std::string& name : rounding_names()) rounding_named(name);
  BOOST_TEST((rounding_named("bfloat16") == Rounding::bfloat16));
  BOOST_CHECK_THROW(rounding_named("float16"), NotSupportedError);
}

BOOST_AUTO_TEST_SUITE_END()
