// What the networks are planned to hold at their worst moment against what is counted while they
// compute, on the CPU with one thread: libtorch's attention has arrays of its own for each thread,
// which are not planned for (a plan, and what follows from it, is to be the same everywhere).

#include <boost/test/unit_test.hpp>
#include <iostream>

#include "lvtino/core/parallel.hpp"
#include "priors/networks/array_ledger.hpp"
#include "priors/networks/sdxl_memory.hpp"
#include "priors/networks/wan_memory.hpp"
#include "tracked_tensors.hpp"

BOOST_AUTO_TEST_SUITE(network_memory)

using namespace lvtino;
using namespace lvtino::nn;

namespace {

const Placement kFloat{at::kFloat};
// Planned over counted.
constexpr double kLeast = 1, kMost = 1.4;

Tensor drawn(const Shape& shape) { return Rng(5).normal(shape, kFloat) * 0.3; }

// The most that a function holds, the arguments that `given` counts included.
std::int64_t counted(std::int64_t given, const std::function<Tensor()>& function) {
  const c10::InferenceMode inference;
  const SingleThreaded one;
  const TrackedTensors tensors;
  function();
  return tensors.peak() + given;
}

void compare(const std::string& name, std::int64_t planned, std::int64_t found,
             double least = kLeast) {
  const double ratio = double(planned) / double(found);
  BOOST_TEST_MESSAGE(name << ": planned " << planned << ", counted " << found << ", ratio "
                          << ratio);
  BOOST_TEST_CONTEXT(name) {
    BOOST_TEST(ratio >= least);
    BOOST_TEST(ratio <= kMost);
  }
}

std::int64_t bytes(const Tensor& x) { return std::int64_t(x.nbytes()); }

}  // namespace

BOOST_AUTO_TEST_CASE(a_ledger_counts_what_is_held) {
  ArrayLedger ledger;
  {
    const auto a = ledger.array(10, 4);
    auto b = ledger.array(5, 2), c = b;
    BOOST_TEST(ledger.live() == 50);
    b.reset();
    BOOST_TEST(ledger.live() == 50);
    c = ledger.cast(a, 4);
    BOOST_TEST(ledger.live() == 40);
    c = ledger.cast(a, 8);
    BOOST_TEST(ledger.live() == 120);
  }
  BOOST_TEST(ledger.live() == 0);
  BOOST_TEST(ledger.peak() == 120);
}

namespace {

WanTransformerConfig small_transformer(std::int64_t layers, std::int64_t hidden) {
  return {.width = 96,
          .heads = 3,
          .layers = layers,
          .hidden = hidden,
          .channels = 16,
          .frequencies = 8,
          .text_width = 16,
          .text_length = 12};
}

}  // namespace

BOOST_AUTO_TEST_CASE(wan_transformer_holds_what_is_planned) {
  for (const std::int64_t hidden : {96, 560}) {
    const WanTransformerConfig config = small_transformer(2, hidden);
    RandomWeights random(Rng(1), kFloat);
    const WanTransformer network(Weights(random), config);
    const WanContext context = network.context(drawn({1, 4, 16}));
    const WanTime time = network.time(at::full({1}, 500.0, at::kDouble));
    std::int64_t held = bytes(context.text);
    for (const auto& block : context.blocks) held += bytes(block.keys) + bytes(block.values);
    BOOST_TEST(held == wan_context_bytes(config, kFloat));
    for (const Shape& shape : std::vector<Shape>{{1, 16, 3, 24, 40}, {1, 16, 5, 16, 24}}) {
      const Tensor latent = drawn(shape);
      compare(text("wan_transformer, hidden ", hidden, ", latent ", to_string(shape)),
              wan_transformer_work(config, shape, kFloat),
              counted(bytes(latent), [&] { return network.forward(latent, time, context); }));
    }
  }
}

// Half precision has float32 copies inside norms and rotations; oneDNN's products hold a little
// inside their calls.
BOOST_AUTO_TEST_CASE(wan_transformer_in_half_precision_holds_what_is_planned) {
  const Placement half{at::kBFloat16};
  for (const std::int64_t hidden : {96, 560}) {
    const WanTransformerConfig config = small_transformer(1, hidden);
    RandomWeights random(Rng(1), half);
    const WanTransformer network(Weights(random), config);
    const WanContext context = network.context(drawn({1, 4, 16}).to(at::kBFloat16));
    const WanTime time = network.time(at::full({1}, 500.0, at::kDouble));
    const Tensor latent = drawn({1, 16, 3, 24, 40}).to(at::kBFloat16);
    compare(text("wan_transformer, bfloat16, hidden ", hidden),
            wan_transformer_work(config, shape_of(latent), half),
            counted(bytes(latent), [&] { return network.forward(latent, time, context); }), 0.98);
  }
}

BOOST_AUTO_TEST_CASE(wan_vae_holds_what_is_planned) {
  const WanVaeConfig config{.width = 16};
  RandomWeights random(Rng(2), kFloat);
  const WanVae network(Weights(random), config);
  // The last has tiles whose halos do not cover all of it.
  for (const auto& [shape, works] : std::vector<std::pair<Shape, std::vector<WanVaeWork>>>{
           {{1, 3, 9, 64, 96}, {{1, 0}, {2, 0}, {0, 0}}},
           {{1, 3, 5, 96, 128}, {{1, 0}}},
           {{1, 3, 9, 16, 512}, {{1, 16}}}})
    for (const WanVaeWork& work : works) {
      const std::string how =
          text(" ", to_string(shape), ", chunk ", work.chunk, ", tile ", work.tile);
      const Tensor video = drawn(shape);
      compare("wan_vae encode" + how, wan_encode_work(config, shape, work, kFloat),
              counted(bytes(video), [&] { return network.encode(video, work); }));
      const Tensor latent = drawn({1, 16, 1 + (shape[2] - 1) / 4, shape[3] / 8, shape[4] / 8});
      compare("wan_vae decode" + how, wan_decode_work(config, shape, work, kFloat),
              counted(bytes(latent), [&] { return network.decode(latent, work); }));
    }
}

BOOST_AUTO_TEST_CASE(sdxl_unet_holds_what_is_planned) {
  const SdxlUnetConfig config{.block_out_channels = {32, 64, 128},
                              .transformer_layers = {0, 1, 2},
                              .heads = {2, 4, 8},
                              .cross_attention_dim = 40,
                              .norm_num_groups = 8,
                              .addition_time_embed_dim = 4,
                              .projection_input_dim = 34};
  RandomWeights random(Rng(3), kFloat);
  const SdxlUnet network(config, Weights(random));
  const SdxlContext context = network.context(
      {drawn({1, 7, 40}), drawn({1, 10}), at::full({1, 6}, 64.0, at::kDouble)});
  const Tensor time = network.time(100, context);
  std::int64_t held = 0;
  for (const auto& stage : context.stages)
    for (const auto& transformer : stage)
      for (const KeyValue& block : transformer) held += bytes(block.key) + bytes(block.value);
  BOOST_TEST(held == sdxl_context_bytes(config, 7, kFloat));
  // Also sides that do not halve evenly, and levels so small that the weights are the largest
  // arrays.
  for (const Shape& shape : std::vector<Shape>{{1, 4, 32, 48},
                                               {3, 4, 40, 24},
                                               {3, 4, 27, 17},
                                               {1, 4, 27, 17},
                                               {2, 4, 33, 47},
                                               {3, 4, 26, 16},
                                               {1, 4, 30, 22},
                                               {1, 4, 9, 7}}) {
    const Tensor latent = drawn(shape);
    compare(text("sdxl_unet ", to_string(shape)), sdxl_unet_work(config, shape, kFloat),
            counted(bytes(latent), [&] { return network.epsilon(latent, time, context); }));
  }
}

BOOST_AUTO_TEST_CASE(sdxl_vae_holds_what_is_planned) {
  const SdxlVaeConfig config{.block_out_channels = {16, 32, 64, 64}, .norm_num_groups = 8};
  RandomWeights random(Rng(4), kFloat);
  const SdxlVae network(config, Weights(random));
  for (const Shape& shape : std::vector<Shape>{
           {1, 3, 128, 160}, {3, 3, 64, 96}, {3, 3, 72, 40}, {1, 3, 72, 40}, {1, 3, 24, 24}}) {
    const Tensor images = drawn(shape);
    // Scaled to the range of the network before it is called, as the prior does.
    compare(text("sdxl_vae encode ", to_string(shape)), sdxl_encode_work(config, shape, kFloat),
            counted(2 * bytes(images), [&] { return network.encode(images); }));
    const Tensor latents = drawn({shape[0], 4, shape[2] / 8, shape[3] / 8});
    compare(text("sdxl_vae decode ", to_string(shape)), sdxl_decode_work(config, shape, kFloat),
            counted(bytes(latents), [&] { return network.decode(latents); }));
  }
}

BOOST_AUTO_TEST_SUITE_END()
