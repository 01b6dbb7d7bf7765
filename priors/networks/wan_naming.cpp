#include "priors/networks/wan_naming.hpp"

#include <regex>

namespace lvtino::nn {
namespace {

Naming same_names() {
  return [](const std::string& name) -> StoredAs { return {name}; };
}

Naming after(const std::string& prefix) {
  return [prefix](const std::string& name) -> StoredAs { return {prefix + name}; };
}

/// Every rule is applied, in order; a rule replaces what its pattern matches in a name.
class Renaming {
 public:
  explicit Renaming(const std::vector<std::pair<std::string, std::string>>& rules) {
    for (const auto& [pattern, replacement] : rules)
      rules_.emplace_back(std::regex(pattern), replacement);
  }
  std::string operator()(std::string name) const {
    for (const auto& [pattern, replacement] : rules_)
      name = std::regex_replace(name, pattern, replacement);
    return name;
  }

 private:
  std::vector<std::pair<std::regex, std::string>> rules_;
};

Naming renamed(const std::vector<std::pair<std::string, std::string>>& rules) {
  return [renaming = Renaming(rules)](const std::string& name) -> StoredAs {
    return {renaming(name)};
  };
}

// The decoder's flat list of three residual blocks and a resampling a level is nested there.
constexpr int kModulesOfLevel = 4;

std::string nested_upsample(const std::string& name) {
  static const std::regex pattern("^decoder\\.upsamples\\.([0-9]+)\\.(.*)$");
  std::smatch match;
  if (!std::regex_match(name, match, pattern)) return name;
  const int index = std::stoi(match[1]), within = index % kModulesOfLevel;
  return "decoder.up_blocks." + std::to_string(index / kModulesOfLevel) +
         (within + 1 == kModulesOfLevel ? std::string(".upsamplers.0.")
                                        : ".resnets." + std::to_string(within) + ".") +
         std::string(match[2]);
}

Naming vae_of_diffusers() {
  const Renaming renaming({{"^conv1\\.", "quant_conv."},
                           {"^conv2\\.", "post_quant_conv."},
                           {"^(encoder|decoder)\\.conv1\\.", "$1.conv_in."},
                           {"\\.head\\.0\\.", ".norm_out."},
                           {"\\.head\\.2\\.", ".conv_out."},
                           {"\\.middle\\.0\\.", ".mid_block.resnets.0."},
                           {"\\.middle\\.1\\.", ".mid_block.attentions.0."},
                           {"\\.middle\\.2\\.", ".mid_block.resnets.1."},
                           {"\\.downsamples\\.", ".down_blocks."},
                           {"\\.residual\\.0\\.", ".norm1."},
                           {"\\.residual\\.2\\.", ".conv1."},
                           {"\\.residual\\.3\\.", ".norm2."},
                           {"\\.residual\\.6\\.", ".conv2."},
                           {"\\.shortcut\\.", ".conv_shortcut."}});
  return
      [renaming](const std::string& name) -> StoredAs { return {renaming(nested_upsample(name))}; };
}

}  // namespace

const std::vector<NamingScheme>& wan_transformer_schemes() {
  static const std::vector<NamingScheme> schemes = {
      {"original", same_names(), "blocks.0.self_attn.q.weight"},
      {"causvid", after("model."), "model.blocks.0.self_attn.q.weight"},
      {"comfy", after("model.diffusion_model."),
       "model.diffusion_model.blocks.0.self_attn.q.weight"},
      {"diffusers",
       renamed({{"^time_embedding\\.0\\.", "condition_embedder.time_embedder.linear_1."},
                {"^time_embedding\\.2\\.", "condition_embedder.time_embedder.linear_2."},
                {"^time_projection\\.1\\.", "condition_embedder.time_proj."},
                {"^text_embedding\\.0\\.", "condition_embedder.text_embedder.linear_1."},
                {"^text_embedding\\.2\\.", "condition_embedder.text_embedder.linear_2."},
                {"^head\\.head\\.", "proj_out."},
                {"^head\\.modulation$", "scale_shift_table"},
                {"\\.modulation$", ".scale_shift_table"},
                {"\\.self_attn\\.", ".attn1."},
                {"\\.cross_attn\\.", ".attn2."},
                {"\\.([qkv])\\.(weight|bias)$", ".to_$1.$2"},
                {"\\.o\\.(weight|bias)$", ".to_out.0.$1"},
                {"\\.ffn\\.0\\.", ".ffn.net.0.proj."},
                {"\\.ffn\\.2\\.", ".ffn.net.2."},
                {"\\.norm3\\.", ".norm2."}}),
       "blocks.0.attn1.to_q.weight"}};
  return schemes;
}

const std::vector<NamingScheme>& wan_vae_schemes() {
  static const std::vector<NamingScheme> schemes = {
      {"original", same_names(), "encoder.conv1.weight"},
      {"diffusers", vae_of_diffusers(), "encoder.down_blocks.0.norm1.gamma"}};
  return schemes;
}

const std::vector<NamingScheme>& umt5_encoder_schemes() {
  static const std::vector<NamingScheme> schemes = {
      {"original", same_names(), "blocks.0.pos_embedding.embedding.weight"},
      {"transformers",
       renamed(
           {{"^token_embedding\\.", "shared."},
            {"^norm\\.", "encoder.final_layer_norm."},
            {"^blocks\\.", "encoder.block."},
            {"\\.norm1\\.", ".layer.0.layer_norm."},
            {"\\.norm2\\.", ".layer.1.layer_norm."},
            {"\\.attn\\.", ".layer.0.SelfAttention."},
            {"\\.pos_embedding\\.embedding\\.", ".layer.0.SelfAttention.relative_attention_bias."},
            {"\\.ffn\\.gate\\.0\\.", ".layer.1.DenseReluDense.wi_0."},
            {"\\.ffn\\.fc1\\.", ".layer.1.DenseReluDense.wi_1."},
            {"\\.ffn\\.fc2\\.", ".layer.1.DenseReluDense.wo."}}),
       "encoder.block.0.layer.0.SelfAttention.q.weight"}};
  return schemes;
}

}  // namespace lvtino::nn
