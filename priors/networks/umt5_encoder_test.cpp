#include "priors/networks/umt5_encoder.hpp"

#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"
#include "wan_parity.hpp"

BOOST_AUTO_TEST_SUITE(umt5_encoder)

using namespace lvtino;
using namespace lvtino::nn;

namespace {

// float32 networks of two implementations.
constexpr double kParity = 5e-6;
// bfloat16 keeps 8 bits; scores without a scale make it felt.
constexpr double kBfloat16 = 0.05;

const Placement kDouble{at::kDouble};
const Umt5Config kSmall = {16, 8, 2, 24, 2, 64};

Umt5Encoder small() {
  RandomWeights random(Rng(1), kDouble);
  return Umt5Encoder(Weights(random), kSmall);
}

const wan_parity::Fixture& fixture() {
  static const wan_parity::Fixture fixture("umt5_encoder.safetensors");
  return fixture;
}

}  // namespace

BOOST_AUTO_TEST_CASE(buckets_are_those_of_the_logarithm) {
  for (std::int64_t n = -600; n <= 600; ++n) {
    const std::int64_t a = std::abs(n);
    // In extended precision; the true values at 16, 32 and 64 are integers, kept by a grain.
    const std::int64_t wide =
        a < 8 ? a
              : std::min<std::int64_t>(
                    15,
                    8 + std::int64_t(std::floor(8 * std::log(a / 8.L) / std::log(16.L) + 1e-12L)));
    BOOST_CHECK_EQUAL(relative_bucket(n), wide + (n > 0 ? 16 : 0));
  }
  BOOST_CHECK_EQUAL(relative_bucket(-90), 14);
  BOOST_CHECK_EQUAL(relative_bucket(91), 31);
}

BOOST_AUTO_TEST_CASE(transformers_computes_the_same) {
  const auto network = fixture().network(umt5_encoder_architecture(), at::kFloat);
  const double apart =
      wan_parity::worst(network->run(fixture().part("text/in")), fixture().part("text/out"));
  BOOST_TEST_MESSAGE("embedding: " << apart);
  BOOST_TEST(apart <= kParity);
}

BOOST_AUTO_TEST_CASE(every_part_computes_the_same) {
  const auto network = fixture().network(umt5_encoder_architecture(), at::kFloat);
  NamedTensors state = fixture().part("text/in");
  for (const std::string& name : network->blocks()) {
    const NamedTensors expected = fixture().part(name == "norm" ? "text/out" : "text/" + name);
    const double apart = wan_parity::worst(network->run_block(name, state), expected);
    BOOST_TEST_MESSAGE(name << ": " << apart);
    BOOST_TEST(apart <= kParity);
    for (const auto& [key, value] : expected) state[key] = value;
  }
  BOOST_CHECK_THROW(network->run_block("blocks.2", state), NotSupportedError);
}

BOOST_AUTO_TEST_CASE(bfloat16_strays_by_its_rounding) {
  const auto network = fixture().network(umt5_encoder_architecture(), at::kBFloat16);
  const double apart =
      wan_parity::worst(network->run(fixture().part("text/in")), fixture().part("text/out"));
  BOOST_TEST_MESSAGE("bfloat16: " << apart);
  BOOST_TEST(apart <= kBfloat16);
  BOOST_TEST(apart > 1e-4);
}

BOOST_AUTO_TEST_CASE(padding_is_not_seen) {
  const Umt5Encoder encoder = small();
  const Tensor tokens = at::arange(2, 22, at::kLong).view({1, 20});
  const Tensor padded = at::constant_pad_nd(tokens, {0, 30}), other = padded.clone();
  other.narrow(1, 20, 30).fill_(7);
  const Tensor mask = at::constant_pad_nd(at::ones_like(tokens), {0, 30});
  const Tensor alone = encoder.forward(tokens, at::ones_like(tokens));
  for (const Tensor& longer : {padded, other})
    BOOST_TEST(wan_parity::relative_error(encoder.forward(longer, mask).narrow(1, 0, 20), alone) <
               1e-14);
  BOOST_TEST(wan_parity::relative_error(
                 encoder.forward(padded, at::ones_like(padded)).narrow(1, 0, 20), alone) > 1e-3);
}

BOOST_AUTO_TEST_CASE(wrong_inputs_are_told) {
  const Umt5Encoder encoder = small();
  const Tensor tokens = at::full({1, 4}, 5, at::kLong), mask = at::ones_like(tokens);
  BOOST_CHECK_THROW(encoder.forward(at::full({1, 4}, 64, at::kLong), mask), ShapeError);
  BOOST_CHECK_THROW(encoder.forward(at::full({1, 4}, -1, at::kLong), mask), ShapeError);
  BOOST_CHECK_THROW(encoder.forward(tokens.to(at::kFloat), mask), PlacementError);
  BOOST_CHECK_THROW(encoder.forward(tokens, at::ones({1, 5}, at::kLong)), ShapeError);
  BOOST_CHECK_THROW(encoder.forward(tokens, at::zeros_like(mask)), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
