#include <iostream>

#include "lvtino/core/compute_device.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/device/kernel_sets.hpp"
#include "lvtino/device/pass_recorder.hpp"
#include "priors/networks/wan_transformer.hpp"
#include "priors/nn/recorded_pass.hpp"

namespace lvtino::device {
namespace {

// A small transformer's flow at latents and times that change from call to call, of two shapes in
// turns: plain, recorded, played.
LawReport recorded_equals_plain(at::Device device, at::ScalarType dtype, int calls,
                                const Rng& rng) {
  const Placement compute{dtype, device};
  const nn::WanTransformerConfig config{.width = 96,
                                        .heads = 4,
                                        .layers = 2,
                                        .hidden = 160,
                                        .frequencies = 32,
                                        .text_width = 40,
                                        .text_length = 12};
  nn::RandomWeights random(rng.fork("weights"), compute);
  const nn::WanTransformer network(nn::Weights(random), config);
  const nn::WanContext context =
      network.context(rng.fork("prompt").normal({1, 7, 40}, {}).to(compute.options()));
  const auto flow = [&](const std::vector<Tensor>& x) {
    return network.forward(x[0], {x[1], x[2]}, context);
  };
  const nn::RecordedPass recorded(flow, true);
  Comparison comparison("recorded pass", dtype);
  std::vector<Tensor> results, expected;
  for (int i = 0; i < calls; ++i) {
    const Shape shape = {1, 16, 1 + i % 2, 8, 12};
    const Tensor z = rng.fork("latent", i).normal(shape, {}).to(compute.options());
    const nn::WanTime time = network.time(at::full({1}, 100. * (i % 7), at::kDouble));
    results.push_back(recorded({z, time.embedding, time.modulation}));
    expected.push_back(flow({z, time.embedding, time.modulation}));
  }
  const auto host = [](const Tensor& x) { return x.to(at::kCPU).to(at::kDouble); };
  for (std::size_t i = 0; i < results.size(); ++i)
    comparison.add(host(results[i]), host(expected[i]), text("call ", i));
  LawReport out = comparison.report();
  out.law = "equals plain calls";
  return out;
}

}  // namespace

void add_pass_laws(int calls, const Rng& rng, std::vector<LawReport>& out) {
  try {
    const at::Device device = open_device("cuda");
    use_pass_recorder();
    for (const at::ScalarType dtype : {at::kFloat, at::kBFloat16})
      out.push_back(recorded_equals_plain(device, dtype, calls, rng.fork(toString(dtype))));
  } catch (const NotSupportedError& reason) {
    std::cout << "recorded passes: not compared: " << reason.what() << "\n";
  }
}

}  // namespace lvtino::device
