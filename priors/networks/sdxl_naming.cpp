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

}  // namespace lvtino::nn
