#include "priors/nn/rotary_embedding.hpp"

#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/rng.hpp"

BOOST_AUTO_TEST_SUITE(rotary_embedding)

using namespace lvtino;
using namespace lvtino::nn;

namespace {

const Placement kDouble{at::kDouble};

}  // namespace

BOOST_AUTO_TEST_CASE(turns_each_pair_by_the_position_on_its_axis) {
  // 16 features: 4 pairs of t, 2 of h, 2 of w.
  const Tensor table = rotary_table({3, 4, 5}, 16, at::kCPU);
  const Tensor x = Rng(1).normal({2, 3, 60, 16}, kDouble), y = rotate(x, table);
  const std::int64_t t = 2, h = 1, w = 3, token = (t * 4 + h) * 5 + w;
  const std::vector<double> position = {2, 2, 2, 2, 1, 1, 3, 3};
  const std::vector<double> power = {0, 1. / 4, 2. / 4, 3. / 4, 0, 1. / 2, 0, 1. / 2};
  for (std::int64_t pair = 0; pair < 8; ++pair) {
    const double angle = position[pair] * std::pow(1e4, -power[pair]);
    const double a = x[1][2][token][2 * pair].item<double>();
    const double b = x[1][2][token][2 * pair + 1].item<double>();
    BOOST_CHECK_SMALL(
        y[1][2][token][2 * pair].item<double>() - (a * std::cos(angle) - b * std::sin(angle)),
        1e-14);
    BOOST_CHECK_SMALL(
        y[1][2][token][2 * pair + 1].item<double>() - (a * std::sin(angle) + b * std::cos(angle)),
        1e-14);
  }
}

// The heads of Wan: 44, 42 and 42 features.
BOOST_AUTO_TEST_CASE(axes_have_their_shares_of_128_features) {
  const Tensor table = rotary_table({2, 2, 2}, 128, at::kCPU);
  const auto turned = [&](std::int64_t token) {
    const Tensor moved = at::angle(table[token]) != 0;
    const Tensor pairs = moved.nonzero().flatten();
    return std::pair(pairs[0].item<std::int64_t>(), pairs.numel());
  };
  BOOST_CHECK(turned(4) == std::pair(std::int64_t{0}, std::int64_t{22}));
  BOOST_CHECK(turned(2) == std::pair(std::int64_t{22}, std::int64_t{21}));
  BOOST_CHECK(turned(1) == std::pair(std::int64_t{43}, std::int64_t{21}));
}

BOOST_AUTO_TEST_CASE(products_depend_on_differences_of_positions_alone) {
  const Tensor table = rotary_table({4, 4, 4}, 12, at::kCPU);
  const Tensor q = Rng(2).normal({12}, kDouble), k = Rng(3).normal({12}, kDouble);
  const auto at_token = [&](const Tensor& x, std::int64_t token) {
    return rotate(x.view({1, 1, 1, 12}), table.narrow(0, token, 1)).flatten();
  };
  const auto token = [](std::int64_t t, std::int64_t h, std::int64_t w) {
    return (t * 4 + h) * 4 + w;
  };
  const double a = at_token(q, token(1, 2, 0)).dot(at_token(k, token(0, 0, 1))).item<double>();
  const double b = at_token(q, token(3, 3, 2)).dot(at_token(k, token(2, 1, 3))).item<double>();
  BOOST_CHECK_SMALL(a - b, 1e-13);
}

BOOST_AUTO_TEST_CASE(single_precision_comes_from_the_exact_table) {
  const Tensor table = rotary_table({900, 1, 1}, 16, at::kCPU);
  const Tensor x = Rng(4).normal({1, 1, 900, 16}, kDouble);
  const Tensor apart = rotate(x.to(at::kFloat), table).to(at::kDouble) - rotate(x, table);
  BOOST_CHECK_SMALL(apart.abs().max().item<double>(), 2e-6);
  BOOST_CHECK(rotate(x.to(at::kBFloat16), table).scalar_type() == at::kBFloat16);
}

BOOST_AUTO_TEST_CASE(refuses_odd_and_tiny_heads) {
  BOOST_CHECK_THROW(rotary_table({1, 1, 1}, 15, at::kCPU), ShapeError);
  BOOST_CHECK_THROW(rotary_table({1, 1, 1}, 4, at::kCPU), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
