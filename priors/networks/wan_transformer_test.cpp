#include "priors/networks/wan_transformer.hpp"

#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"
#include "priors/nn/rotary_embedding.hpp"
#include "wan_parity.hpp"

BOOST_AUTO_TEST_SUITE(wan_transformer)

using namespace lvtino;
using namespace lvtino::nn;

namespace {

// float32 networks of two implementations.
constexpr double kParity = 5e-6;
// bfloat16 keeps 8 bits: 2^-8 an operation, of which a dozen follow each other in the small
// network.
constexpr double kBfloat16 = 0.03;

const Placement kDouble{at::kDouble};
// Head features 16: axes of 8, 4 and 4.
const WanTransformerConfig kSmall = {32, 2, 2, 24, 4, 8, 12, 7};

WanTransformer small(const Placement& placement = kDouble) {
  RandomWeights random(Rng(1), placement);
  return WanTransformer(Weights(random), kSmall);
}

const wan_parity::Fixture& fixture() {
  static const wan_parity::Fixture fixture("wan_transformer.safetensors");
  return fixture;
}

double part_apart(const Network& network, const std::string& case_name, const std::string& name,
                  const NamedTensors& inputs) {
  const double apart =
      wan_parity::worst(network.run_block(name, inputs), fixture().part(case_name + "/" + name));
  BOOST_TEST_MESSAGE(case_name << " " << name << ": " << apart);
  return apart;
}

}  // namespace

BOOST_AUTO_TEST_CASE(diffusers_computes_the_same) {
  const auto network = fixture().network(wan_transformer_architecture(), at::kFloat);
  for (const std::string case_name : {"video", "image"}) BOOST_TEST_CONTEXT(case_name) {
      const double apart = wan_parity::worst(network->run(fixture().part(case_name + "/in")),
                                             fixture().part(case_name + "/out"));
      BOOST_TEST_MESSAGE(case_name << ": " << apart);
      BOOST_TEST(apart <= kParity);
    }
}

BOOST_AUTO_TEST_CASE(every_part_computes_the_same) {
  const auto network = fixture().network(wan_transformer_architecture(), at::kFloat);
  for (const std::string case_name : {"video", "image"}) BOOST_TEST_CONTEXT(case_name) {
      const NamedTensors in = fixture().part(case_name + "/in");
      NamedTensors state;
      const auto keep = [&](const std::string& name) {
        for (const auto& [key, value] : fixture().part(case_name + "/" + name)) state[key] = value;
      };
      const Tensor& latent = in.at("latent");
      state["grid"] =
          at::tensor({latent.size(2), latent.size(3) / 2, latent.size(4) / 2}, at::kLong);
      for (const std::string& name : network->blocks()) {
        if (name == "head") {
          const Tensor flow = network->run_block(name, state).at("flow");
          BOOST_TEST(wan_parity::relative_error(
                         flow, fixture().part(case_name + "/out").at("flow")) <= kParity);
        } else {
          BOOST_TEST(part_apart(*network, case_name, name,
                                name.rfind("blocks.", 0) == 0 ? state : in) <= kParity);
          keep(name);
        }
      }
    }
  BOOST_CHECK_THROW(network->run_block("blocks.2", {}), NotSupportedError);
}

BOOST_AUTO_TEST_CASE(bfloat16_strays_by_its_rounding) {
  const auto network = fixture().network(wan_transformer_architecture(), at::kBFloat16);
  NamedTensors in = fixture().part("video/in", at::kBFloat16);
  in["timestep"] = fixture().part("video/in").at("timestep");
  const Tensor flow = network->run(in).at("flow");
  const double apart = wan_parity::relative_error(flow, fixture().part("video/out").at("flow"));
  BOOST_TEST_MESSAGE("bfloat16: " << apart);
  BOOST_TEST(apart <= kBfloat16);
  BOOST_TEST(apart > 1e-4);
  BOOST_CHECK(flow.scalar_type() == at::kBFloat16);
}

BOOST_AUTO_TEST_CASE(a_context_and_a_timestep_serve_a_whole_batch) {
  const WanTransformer network = small();
  const Tensor latent = Rng(2).normal({2, 4, 2, 4, 6}, kDouble);
  const Tensor prompt = Rng(3).normal({1, 7, 12}, kDouble), t = at::full({1}, 375., at::kDouble);
  const WanContext context = network.context(prompt);
  const Tensor both = network.forward(latent, network.time(t), context);
  for (std::int64_t i = 0; i < 2; ++i)
    BOOST_TEST(wan_parity::relative_error(both.narrow(0, i, 1),
                                          network.forward(latent.narrow(0, i, 1), t, context)) <
               1e-12);
}

BOOST_AUTO_TEST_CASE(prompts_are_padded_with_zeros_that_count) {
  const WanTransformer network = small();
  const Tensor prompt = Rng(3).normal({1, 5, 12}, kDouble);
  const Tensor padded = at::cat({prompt, at::zeros({1, 2, 12}, kDouble.options())}, 1);
  const Tensor text = network.text_embedding(prompt);
  BOOST_TEST(wan_parity::relative_error(text, network.text_embedding(padded)) < 1e-14);
  BOOST_TEST(text[0][6].norm().item<double>() > 0.1);
  BOOST_CHECK(at::equal(text[0][5], text[0][6]));
}

// What the published programs do about the sequence's length: rows of zeros after the tokens, which
// no query sees. Here with a bias that keeps keys out.
BOOST_AUTO_TEST_CASE(padded_tokens_would_change_nothing) {
  const WanTransformer network = small();
  RandomWeights random(Rng(1), kDouble);
  const WanAttention layer(Weights{random}["blocks"][0]["self_attn"], kSmall);
  const Tensor x = Rng(4).normal({1, 12, 32}, kDouble);
  const Tensor table = network.rotation({2, 2, 3}), longer = network.rotation({6, 2, 3});
  const Tensor alone =
      attention(rotate(layer.queries(x), table), rotate(layer.keys(x), table), layer.values(x));
  const Tensor padded = at::constant_pad_nd(x, {0, 0, 0, 24});
  Tensor bias = at::zeros({36, 36}, kDouble.options());
  bias.narrow(1, 12, 24).fill_(-INFINITY);
  const Tensor with = attention(rotate(layer.queries(padded), longer),
                                rotate(layer.keys(padded), longer), layer.values(padded), {}, bias);
  BOOST_TEST(wan_parity::relative_error(with.narrow(2, 0, 12), alone) < 1e-14);
}

BOOST_AUTO_TEST_CASE(wrong_inputs_are_told) {
  const WanTransformer network = small();
  const WanContext context = network.context(Rng(3).normal({1, 7, 12}, kDouble));
  const Tensor t = at::full({1}, 375., at::kDouble);
  const auto run = [&](const Shape& shape, const Placement& placement) {
    return network.forward(at::zeros(shape, placement.options()), t, context);
  };
  BOOST_CHECK_THROW(run({1, 4, 2, 5, 6}, kDouble), ShapeError);
  BOOST_CHECK_THROW(run({1, 5, 2, 4, 6}, kDouble), ShapeError);
  BOOST_CHECK_THROW(run({1, 4, 2, 4, 6}, {at::kFloat}), PlacementError);
  BOOST_CHECK_THROW(network.context(Rng(3).normal({1, 8, 12}, kDouble)), ShapeError);
  BOOST_CHECK_THROW(network.context(Rng(3).normal({1, 7, 11}, kDouble)), ShapeError);
  WanTransformerConfig odd = kSmall;
  odd.heads = 5;
  WeightList list;
  BOOST_CHECK_THROW(WanTransformer(Weights(list), odd), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
