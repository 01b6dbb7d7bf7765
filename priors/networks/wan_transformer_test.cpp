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

// LN(x) (1 + scale) + shift.
Tensor modulated(const Tensor& x, const Tensor& shift, const Tensor& scale) {
  return layer_norm(x, kSmall.epsilon) * (1 + scale.unsqueeze(1)) + shift.unsqueeze(1);
}

// A block as the published programs compute it: on a sequence of fixed length whose rows after
// the tokens are padding, which is not rotated and which no query sees in self-attention, but
// which goes through everything else.
Tensor padded_block(const Weights& weights, const Tensor& x, const WanTime& time,
                    const WanContext::Memory& memory, const Tensor& rotation, bool masked) {
  const WanAttention own(weights["self_attn"], kSmall), cross(weights["cross_attn"], kSmall);
  const LayerNorm norm(weights["norm3"], kSmall.width, kSmall.epsilon);
  const Linear expand(weights["ffn"][0], kSmall.width, kSmall.hidden),
      contract(weights["ffn"][2], kSmall.hidden, kSmall.width);
  const auto m = (weights.take("modulation", {1, 6, kSmall.width}) + time.modulation).unbind(1);
  const std::int64_t tokens = rotation.size(0), padding = x.size(1) - tokens;
  const auto turned = [&](const Tensor& heads) {
    return at::cat({rotate(heads.narrow(2, 0, tokens), rotation), heads.narrow(2, tokens, padding)},
                   2);
  };
  Tensor bias = at::zeros({x.size(1), x.size(1)}, kDouble.options());
  if (masked) bias.narrow(1, tokens, padding).fill_(-INFINITY);
  const Tensor a = modulated(x, m[0], m[1]);
  const Tensor mixed =
      attention(turned(own.queries(a)), turned(own.keys(a)), own.values(a), {}, bias);
  const Linear out(weights["self_attn"]["o"], kSmall.width, kSmall.width);
  Tensor y = x + m[2].unsqueeze(1) * out(join_heads(mixed));
  const Shape batch = {x.size(0), -1, -1, -1};
  y = y +
      cross.attend(cross.queries(norm(y)), memory.keys.expand(batch), memory.values.expand(batch));
  return y + m[5].unsqueeze(1) * contract(at::gelu(expand(modulated(y, m[3], m[4])), "tanh"));
}

// The flow of `small` with the sequence padded by zeros to `length` and cut at the end.
Tensor padded_flow(const WanTransformer& network, const Tensor& latent, const Tensor& t,
                   const WanContext& context, std::int64_t length, bool masked) {
  RandomWeights random(Rng(1), kDouble);
  const WanTransformer::Grid grid = network.grid_of(latent);
  const Tensor embedded = network.patch_embedding(latent), turns = network.rotation(grid);
  const std::int64_t tokens = embedded.size(1);
  const WanTime time = network.time(t);
  Tensor x = at::constant_pad_nd(embedded, {0, 0, 0, length - tokens});
  for (std::size_t i = 0; i < context.blocks.size(); ++i)
    x = padded_block(Weights{random}["blocks"][std::int64_t(i)], x, time, context.blocks[i], turns,
                     masked);
  return network.head(x.narrow(1, 0, tokens), time.embedding, grid);
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

BOOST_AUTO_TEST_CASE(padded_tokens_change_nothing_of_the_flow) {
  const WanTransformer network = small();
  const Tensor latent = Rng(4).normal({2, 4, 2, 4, 6}, kDouble);  // 2 x 2 x 3 tokens
  const Tensor t = at::tensor({757., 125.}, at::kDouble);
  const WanContext context = network.context(Rng(5).normal({1, 5, 12}, kDouble));
  const Tensor flow = network.forward(latent, t, context);
  for (const std::int64_t length : {12, 13, 36}) BOOST_TEST_CONTEXT("length " << length) {
      const auto apart = [&](bool masked) {
        return wan_parity::relative_error(padded_flow(network, latent, t, context, length, masked),
                                          flow);
      };
      const double seen = apart(false), unseen = apart(true);
      BOOST_TEST_MESSAGE("length " << length << ": " << unseen << ", padding seen: " << seen);
      BOOST_TEST(unseen < 1e-12);
      // Keys of padding that are seen are told.
      if (length > 12) BOOST_TEST(seen > 1e-3);
    }
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
