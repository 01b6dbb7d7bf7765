#include "priors/networks/sdxl_naming.hpp"

#include <set>

#include "network_fixture.hpp"
#include "priors/networks/clip_encoder.hpp"
#include "priors/networks/loading.hpp"
#include "priors/networks/sdxl_unet.hpp"
#include "priors/networks/sdxl_vae.hpp"

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

/// A fixture stored anew in a scheme is the same network, and the scheme is told from the file.
void check_stored_anew(const Architecture& architecture, const Fixture& fixture,
                       const NamingScheme& other) {
  BOOST_TEST_CONTEXT(architecture.name << " " << other.name) {
    const NamedTensors file = stored_in(fixture.weights, other.naming);
    BOOST_TEST(scheme_of(architecture, {.path = "file", .tensors = file}).name == other.name);
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
  const Fixture vae = read("sdxl_vae.safetensors");
  for (const NamingScheme& other : sdxl_vae_schemes())
    check_stored_anew(sdxl_vae_architecture(), vae, other);
  const Fixture small = read("clip_l.safetensors"), large = read("clip_bigg.safetensors");
  for (const NamingScheme& other : clip_l_schemes())
    check_stored_anew(clip_l_architecture(), small, other);
  for (const NamingScheme& other : clip_bigg_schemes())
    check_stored_anew(clip_bigg_architecture(), large, other);
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

BOOST_AUTO_TEST_CASE(the_vae_of_older_files_and_of_the_single_file) {
  const Naming& older = scheme(sdxl_vae_architecture(), "diffusers_older");
  BOOST_TEST(key(older, "encoder.mid_block.attentions.0.to_out.0.bias") ==
             "encoder.mid_block.attentions.0.proj_attn.bias");
  BOOST_TEST(key(older, "decoder.mid_block.attentions.0.to_v.weight") ==
             "decoder.mid_block.attentions.0.value.weight");
  BOOST_TEST(key(older, "decoder.mid_block.attentions.0.group_norm.bias") ==
             "decoder.mid_block.attentions.0.group_norm.bias");

  const Naming& ldm = scheme(sdxl_vae_architecture(), "ldm");
  const std::map<std::string, std::string> expected = {
      {"quant_conv.weight", "quant_conv.weight"},
      {"encoder.conv_in.bias", "encoder.conv_in.bias"},
      {"decoder.conv_norm_out.weight", "decoder.norm_out.weight"},
      {"encoder.down_blocks.1.resnets.0.conv_shortcut.weight",
       "encoder.down.1.block.0.nin_shortcut.weight"},
      {"encoder.down_blocks.2.downsamplers.0.conv.bias", "encoder.down.2.downsample.conv.bias"},
      {"decoder.up_blocks.0.upsamplers.0.conv.weight", "decoder.up.3.upsample.conv.weight"},
      {"decoder.up_blocks.3.resnets.2.norm1.weight", "decoder.up.0.block.2.norm1.weight"},
      {"encoder.mid_block.resnets.1.conv2.bias", "encoder.mid.block_2.conv2.bias"},
      {"decoder.mid_block.attentions.0.group_norm.bias", "decoder.mid.attn_1.norm.bias"},
      {"decoder.mid_block.attentions.0.to_out.0.weight", "decoder.mid.attn_1.proj_out.weight"}};
  for (const auto& [name, stored] : expected) BOOST_TEST(key(ldm, name) == stored);
  BOOST_TEST(key(scheme(sdxl_vae_architecture(), "single_file"), "quant_conv.bias") ==
             "first_stage_model.quant_conv.bias");

  const TensorList all = published(sdxl_vae_architecture()), stored = in_naming(all, ldm);
  BOOST_TEST(stored.size() == all.size());
  BOOST_CHECK(stored.at("encoder.mid.attn_1.q.weight") == Shape({512, 512, 1, 1}));
  BOOST_CHECK(stored.at("encoder.mid.attn_1.norm.weight") == Shape({512}));
}

// The layout that a reader of the single file relies on: rows q, k, v; projection transposed.
BOOST_AUTO_TEST_CASE(the_single_file_joins_attention_maps_of_the_larger_text_encoder) {
  const Naming& naming = scheme(clip_bigg_architecture(), "single_file");
  const TensorList all = published(clip_bigg_architecture()), stored = in_naming(all, naming);
  BOOST_TEST(stored.size() == all.size() - 32 * 4);
  const std::string prefix = "conditioner.embedders.1.model.";
  BOOST_CHECK(stored.at(prefix + "transformer.resblocks.31.attn.in_proj_weight") ==
              Shape({3840, 1280}));
  BOOST_CHECK(stored.at(prefix + "positional_embedding") == Shape({77, 1280}));
  for (const char* name :
       {"ln_final.bias", "transformer.resblocks.0.ln_1.weight", "text_projection",
        "transformer.resblocks.7.mlp.c_proj.bias", "token_embedding.weight",
        "transformer.resblocks.2.attn.out_proj.weight", "transformer.resblocks.2.mlp.c_fc.weight"})
    BOOST_TEST(stored.count(prefix + name) == 1u, name);

  const Fixture fixture = read("clip_bigg.safetensors");
  const NamedTensors file = stored_in(fixture.weights, naming);
  const Tensor joined = file.at(prefix + "transformer.resblocks.1.attn.in_proj_weight");
  const auto row = [&](const std::string& name) {
    return fixture.weights.at("text_model.encoder.layers.1.self_attn." + name + ".weight")[3];
  };
  const std::int64_t d = joined.size(1);
  BOOST_CHECK(at::equal(joined[3], row("q_proj")));
  BOOST_CHECK(at::equal(joined[d + 3], row("k_proj")));
  BOOST_CHECK(at::equal(joined[2 * d + 3], row("v_proj")));
  BOOST_CHECK(at::equal(file.at(prefix + "text_projection"),
                        fixture.weights.at("text_projection.weight").t()));
  BOOST_TEST(key(scheme(clip_l_architecture(), "single_file"),
                 "text_model.encoder.layers.3.mlp.fc1.bias") ==
             "conditioner.embedders.0.transformer.text_model.encoder.layers.3.mlp.fc1.bias");
}

BOOST_AUTO_TEST_CASE(newer_files_of_text_encoders_name_no_inner_part) {
  for (const Architecture* architecture : {&clip_l_architecture(), &clip_bigg_architecture()}) {
    const Naming& naming = scheme(*architecture, "transformers_newer");
    BOOST_TEST(key(naming, "text_model.encoder.layers.3.mlp.fc1.bias") ==
               "encoder.layers.3.mlp.fc1.bias");
    BOOST_TEST(key(naming, "text_model.final_layer_norm.weight") == "final_layer_norm.weight");
    BOOST_TEST(key(naming, "text_projection.weight") == "text_projection.weight");
  }
}

BOOST_AUTO_TEST_CASE(files_of_text_encoders_carry_keys_that_are_not_loaded) {
  BOOST_TEST(clip_carries_along("text_model.embeddings.position_ids"));
  BOOST_TEST(clip_carries_along("conditioner.embedders.1.model.logit_scale"));
  BOOST_TEST(!clip_carries_along("text_model.embeddings.position_embedding.weight"));
}

BOOST_AUTO_TEST_SUITE_END()
