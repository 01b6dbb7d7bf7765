#include "priors/networks/sdxl_naming.hpp"

#include <map>

#include "lvtino/core/error.hpp"

namespace lvtino::nn {
namespace {

using Words = std::vector<std::string>;
using Table = std::map<std::string, std::string>;

Words words_of(const std::string& name) {
  Words out(1);
  for (const char c : name) {
    if (c == '.')
      out.emplace_back();
    else
      out.back() += c;
  }
  return out;
}

/// The words from the i-th on, each after a dot.
std::string rest(const Words& words, std::size_t i) {
  std::string out;
  for (; i < words.size(); ++i) out += "." + words[i];
  return out;
}

std::int64_t number(const Words& words, std::size_t i) { return std::stoll(words.at(i)); }

StoredAs same(const std::string& name) { return {name}; }

/// ".conv1.weight" in the single file's words.
std::string resnet(const Words& words, std::size_t i) {
  static const Table table = {
      {"norm1", "in_layers.0"},  {"conv1", "in_layers.2"},  {"time_emb_proj", "emb_layers.1"},
      {"norm2", "out_layers.0"}, {"conv2", "out_layers.3"}, {"conv_shortcut", "skip_connection"}};
  return "." + table.at(words.at(i)) + rest(words, i + 1);
}

std::string unet_level(const Words& words, std::int64_t layers) {
  const bool down = words[0] == "down_blocks";
  const std::int64_t level = number(words, 1), index = number(words, 3);
  const std::string& kind = words[2];
  if (kind == "downsamplers")
    return text("input_blocks.", (layers + 1) * (level + 1), ".0.op", rest(words, 5));
  if (kind == "upsamplers")
    return text("output_blocks.", (layers + 1) * level + layers, ".2.conv", rest(words, 5));
  const std::string block = down ? text("input_blocks.", 1 + (layers + 1) * level + index)
                                 : text("output_blocks.", (layers + 1) * level + index);
  return block + (kind == "resnets" ? ".0" + resnet(words, 4) : ".1" + rest(words, 4));
}

std::string unet_name(const std::string& name, std::int64_t layers) {
  static const Table ends = {{"conv_in", "input_blocks.0.0"},
                             {"conv_norm_out", "out.0"},
                             {"conv_out", "out.2"},
                             {"time_embedding.linear_1", "time_embed.0"},
                             {"time_embedding.linear_2", "time_embed.2"},
                             {"add_embedding.linear_1", "label_emb.0.0"},
                             {"add_embedding.linear_2", "label_emb.0.2"}};
  const std::size_t dot = name.rfind('.');
  if (const auto end = ends.find(name.substr(0, dot)); end != ends.end())
    return end->second + name.substr(dot);
  const Words words = words_of(name);
  if (words[0] != "mid_block") return unet_level(words, layers);
  if (words[1] == "attentions") return "middle_block.1" + rest(words, 3);
  return text("middle_block.", 2 * number(words, 2), resnet(words, 3));
}

/// Attention maps renamed: {"to_q", "query"} and so on. The rest keeps its name.
std::string with_attention(const std::string& name, const Table& table) {
  for (const auto& [ours, theirs] : table) {
    const std::size_t at = name.find(".attentions.0." + ours + ".");
    if (at != std::string::npos)
      return name.substr(0, at) + ".attentions.0." + theirs +
             name.substr(at + ours.size() + std::string(".attentions.0.").size());
  }
  return name;
}

StoredAs vae_older(const std::string& name) {
  return {with_attention(
      name, {{"to_q", "query"}, {"to_k", "key"}, {"to_v", "value"}, {"to_out.0", "proj_attn"}})};
}

constexpr std::int64_t kVaeLevels = 4;

StoredAs vae_ldm(const std::string& prefix, const std::string& name) {
  static const Table attention = {
      {"group_norm", "norm"}, {"to_q", "q"}, {"to_k", "k"}, {"to_v", "v"}, {"to_out", "proj_out"}};
  const Words words = words_of(name);
  // quant_conv.weight, encoder.conv_in.bias, encoder.conv_norm_out.bias, encoder.mid_block...
  if (words.size() == 2) return {prefix + name};
  const std::string half = prefix + words[0];
  const auto resnet = [](const Words& of, std::size_t i) {
    return "." + (of.at(i) == "conv_shortcut" ? "nin_shortcut" : of.at(i)) + rest(of, i + 1);
  };
  if (words[1] == "conv_norm_out") return {half + ".norm_out" + rest(words, 2)};
  if (words.size() == 3) return {prefix + name};
  if (words[1] == "mid_block" && words[2] == "resnets")
    return {text(half, ".mid.block_", number(words, 3) + 1, resnet(words, 4))};
  if (words[1] == "mid_block") {
    const bool norm = words.at(4) == "group_norm";
    return {half + ".mid.attn_1." + attention.at(words.at(4)) + "." + words.back(),
            !norm && words.back() == "weight" ? StoredAs::Form::flattened : StoredAs::Form::same};
  }
  const bool down = words[1] == "down_blocks";
  const std::int64_t level = down ? number(words, 2) : kVaeLevels - 1 - number(words, 2);
  const std::string block = text(half, down ? ".down." : ".up.", level);
  if (words[3] == "resnets") return {text(block, ".block.", words.at(4), resnet(words, 5))};
  return {block + (down ? ".downsample.conv" : ".upsample.conv") + rest(words, 6)};
}

/// transformers 5 saves a text encoder without the name of its inner part.
StoredAs clip_newer(const std::string& name) {
  const std::string inner = "text_model.";
  return {name.rfind(inner, 0) == 0 ? name.substr(inner.size()) : name};
}

const std::string kClipTokens = "embeddings.token_embedding.weight";

/// "q_proj", "k_proj", "v_proj": rows of one matrix in this order; else -1.
std::int64_t row_block(const std::string& map) {
  const std::string order = "qkv";
  return map.size() == 6 && map.substr(1) == "_proj" && order.find(map[0]) != std::string::npos
             ? std::int64_t(order.find(map[0]))
             : -1;
}

StoredAs bigg_single_file(const std::string& name) {
  static const Table inner = {{"layer_norm1", "ln_1"},
                              {"layer_norm2", "ln_2"},
                              {"fc1", "mlp.c_fc"},
                              {"fc2", "mlp.c_proj"},
                              {"out_proj", "attn.out_proj"}};
  static const Table ends = {
      {"text_model.embeddings.token_embedding.weight", "token_embedding.weight"},
      {"text_model.embeddings.position_embedding.weight", "positional_embedding"},
      {"text_model.final_layer_norm.weight", "ln_final.weight"},
      {"text_model.final_layer_norm.bias", "ln_final.bias"},
      {"text_projection.weight", "text_projection"}};
  const std::string prefix = "conditioner.embedders.1.model.";
  if (const auto end = ends.find(name); end != ends.end())
    return {prefix + end->second,
            name == "text_projection.weight" ? StoredAs::Form::transposed : StoredAs::Form::same};
  // text_model.encoder.layers.N.self_attn.q_proj.weight, text_model.encoder.layers.N.mlp.fc1.bias
  const Words words = words_of(name);
  const std::string layer = prefix + "transformer.resblocks." + words.at(3);
  const std::string& map = words.at(words.size() - 2);
  if (const std::int64_t part = row_block(map); part >= 0)
    return {layer + ".attn.in_proj_" + words.back(), StoredAs::Form::same, part, 3};
  return {layer + "." + inner.at(map) + "." + words.back()};
}

}  // namespace

Naming sdxl_unet_single_file(std::int64_t layers_per_block) {
  return [layers_per_block](const std::string& name) -> StoredAs {
    return {"model.diffusion_model." + unet_name(name, layers_per_block)};
  };
}

std::vector<NamingScheme> sdxl_unet_schemes() {
  return {
      {"diffusers", same, "down_blocks.0.resnets.0.conv1.weight"},
      {"single_file", sdxl_unet_single_file(2), "model.diffusion_model.input_blocks.0.0.weight"}};
}

std::vector<NamingScheme> sdxl_vae_schemes() {
  const auto ldm = [](const std::string& prefix) -> Naming {
    return [prefix](const std::string& name) { return vae_ldm(prefix, name); };
  };
  return {
      {"diffusers", same, "encoder.mid_block.attentions.0.to_q.weight"},
      {"diffusers_older", vae_older, "encoder.mid_block.attentions.0.query.weight"},
      {"single_file", ldm("first_stage_model."), "first_stage_model.encoder.mid.attn_1.q.weight"},
      {"ldm", ldm(""), "encoder.mid.attn_1.q.weight"}};
}

std::vector<NamingScheme> clip_l_schemes() {
  const std::string prefix = "conditioner.embedders.0.transformer.";
  return {{"transformers", same, "text_model." + kClipTokens},
          {"transformers_newer", clip_newer, kClipTokens},
          {"single_file", [prefix](const std::string& name) -> StoredAs { return {prefix + name}; },
           prefix + "text_model." + kClipTokens}};
}

std::vector<NamingScheme> clip_bigg_schemes() {
  return {
      {"transformers", same, "text_model." + kClipTokens},
      {"transformers_newer", clip_newer, kClipTokens},
      {"single_file", bigg_single_file, "conditioner.embedders.1.model.token_embedding.weight"}};
}

bool clip_carries_along(const std::string& key) {
  const std::string last = words_of(key).back();
  return last == "position_ids" || last == "logit_scale";
}

}  // namespace lvtino::nn
