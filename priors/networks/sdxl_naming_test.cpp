#include "priors/networks/sdxl_naming.hpp"

#include <set>

#include "network_fixture.hpp"
#include "priors/networks/sdxl_unet.hpp"

BOOST_AUTO_TEST_SUITE(sdxl_naming)

using namespace lvtino;
using namespace lvtino::nn;
using namespace lvtino::nn::fixtures;

namespace {

const Naming& scheme(const Architecture& architecture, const std::string& name) {
  for (const NamingScheme& scheme : architecture.schemes)
    if (scheme.name == name) return scheme.naming;
  throw std::runtime_error(name);
}

/// A fixture stored anew in a scheme is the same network, and the scheme's telltale is in the file.
void check_stored_anew(const Architecture& architecture, const Fixture& fixture,
                       const NamingScheme& other) {
  BOOST_TEST_CONTEXT(architecture.name << " " << other.name) {
    const NamedTensors file = stored_in(fixture.weights, other.naming);
    BOOST_TEST(file.count(other.telltale) == 1u);
    const auto first = load(architecture, fixture);
    const auto again = load(architecture, fixture, file, other.naming);
    const NamedTensors expected = first->run(fixture.whole.inputs);
    for (const auto& [name, tensor] : again->run(fixture.whole.inputs))
      BOOST_CHECK(at::equal(tensor, expected.at(name)));
  }
}

std::string key(const Naming& naming, const std::string& name) { return naming(name).key; }

}  // namespace

BOOST_AUTO_TEST_CASE(networks_stored_in_any_scheme_are_the_same) {
  const Fixture unet = read("sdxl_unet.safetensors");
  for (const NamingScheme& other : sdxl_unet_schemes())
    check_stored_anew(sdxl_unet_architecture(), unet, other);
}

BOOST_AUTO_TEST_CASE(the_single_file_numbers_the_blocks_of_the_unet) {
  const Naming& naming = scheme(sdxl_unet_architecture(), "single_file");
  const auto unet = [&](const std::string& name) {
    const std::string full = key(naming, name), prefix = "model.diffusion_model.";
    BOOST_TEST(full.rfind(prefix, 0) == 0u);
    return full.substr(prefix.size());
  };
  const std::map<std::string, std::string> expected = {
      {"conv_in.bias", "input_blocks.0.0.bias"},
      {"time_embedding.linear_2.weight", "time_embed.2.weight"},
      {"add_embedding.linear_1.weight", "label_emb.0.0.weight"},
      {"down_blocks.0.resnets.1.norm1.weight", "input_blocks.2.0.in_layers.0.weight"},
      {"down_blocks.0.downsamplers.0.conv.bias", "input_blocks.3.0.op.bias"},
      {"down_blocks.1.resnets.0.conv_shortcut.weight", "input_blocks.4.0.skip_connection.weight"},
      {"down_blocks.1.attentions.1.proj_in.weight", "input_blocks.5.1.proj_in.weight"},
      {"down_blocks.2.resnets.1.time_emb_proj.bias", "input_blocks.8.0.emb_layers.1.bias"},
      {"mid_block.resnets.1.conv2.weight", "middle_block.2.out_layers.3.weight"},
      {"mid_block.attentions.0.transformer_blocks.9.attn2.to_out.0.bias",
       "middle_block.1.transformer_blocks.9.attn2.to_out.0.bias"},
      {"up_blocks.0.resnets.2.norm2.weight", "output_blocks.2.0.out_layers.0.weight"},
      {"up_blocks.0.upsamplers.0.conv.weight", "output_blocks.2.2.conv.weight"},
      {"up_blocks.1.upsamplers.0.conv.weight", "output_blocks.5.2.conv.weight"},
      {"up_blocks.2.resnets.0.conv1.weight", "output_blocks.6.0.in_layers.2.weight"},
      {"conv_norm_out.bias", "out.0.bias"},
      {"conv_out.weight", "out.2.weight"}};
  for (const auto& [name, stored] : expected) BOOST_TEST(unet(name) == stored);

  const TensorList all = published(sdxl_unet_architecture());
  BOOST_TEST(in_naming(all, naming).size() == all.size());
}

BOOST_AUTO_TEST_SUITE_END()
