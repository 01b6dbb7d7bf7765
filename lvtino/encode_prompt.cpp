#include "lvtino/encode_prompt.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "priors/network_source.hpp"
#include "priors/networks/clip_encoder.hpp"
#include "priors/networks/umt5_encoder.hpp"
#include "priors/text/bpe_tokenizer.hpp"
#include "priors/text/prompt_cleaning.hpp"
#include "priors/text/unicode.hpp"
#include "priors/text/unigram_tokenizer.hpp"
#include "priors/text/wrong_decoding.hpp"
#include "priors/weight_file.hpp"

namespace lvtino {
namespace {

using Made = std::map<std::string, std::string>;  // what a file was made of: the metadata

void enter(Made& made, const std::string& encoder, const std::vector<std::string>& files,
           const std::string& config) {
  for (std::size_t i = 0; i < files.size(); ++i)
    made[text(encoder, " file ", i)] = file_digest(files[i]);
  made[encoder + " config"] = config;
}

// The weights are read as a whole for their digest; "random" ones have none.
void enter_weights(Made& made, const std::string& encoder, const NetworkSource& source) {
  made[encoder + " weights"] = source.path().empty() ? "random" : file_digest(source.path());
}

/// A prompt on its way into the encoders.
struct Prompt {
  std::string as_given;
  Made made;
  std::set<std::string> notes;

  /// What the tokenizer of `encoder` reads. A file from before texts were cleaned has no such
  /// entry, so that it is not taken for this one.
  std::string text_for(const std::string& encoder, const SpecReader& reader, bool clean) {
    std::string out = as_given;
    if (reader.flag("clean",
                    {.doc = "mend the text, read HTML, collapse white space", .fallback = clean})) {
      out = cleaned_prompt(as_given);
      made[encoder + " text"] = out;
    }
    if (out != as_given) notes.insert(text(encoder, " reads \"", out, "\""));
    if (seems_wrongly_decoded(unicode::decoded(out)))
      notes.insert("the prompt looks like UTF-8 that was read as something else");
    return out;
  }
};

nn::NamedTensors encode_for_wan(const SpecReader& spec, Prompt& prompt, const Placement& compute,
                                const std::function<bool()>& is_done) {
  const SpecReader reader = spec.child("umt5", "the text encoder of Wan");
  const std::string model =
      reader.path(reader.string("tokenizer", {.doc = "SentencePiece model, spiece.model"}));
  const std::int64_t length = reader.integer(
      "length",
      {.doc = "tokens that a prompt is cut to", .fallback = 512, .low = 1, .high = 1 << 16});
  const SpecReader extents = reader.child("config", "extents of the network", Json::object());
  const nn::Umt5Config config = nn::read_umt5_config(extents);
  const NetworkSource source(reader, nn::umt5_encoder_architecture(), compute);
  const std::string read = prompt.text_for("umt5", reader, true);
  spec.finish();
  enter(prompt.made, "umt5", {model}, extents.resolved().dump());
  enter_weights(prompt.made, "umt5", source);
  if (is_done()) return {};

  const TokenRows rows = UnigramTokenizer::read(model).rows({read}, length);
  // The rows of the padding are zeros in the end: only those of the text are computed and kept.
  const Tensor tokens = rows.ids.narrow(1, 0, rows.counts[0]).contiguous().to(compute.device);
  const auto encoder = source.make<nn::Umt5Encoder>(config);
  return {{"embeddings", encoder->forward(tokens, at::ones_like(tokens))}};
}

nn::NamedTensors encode_for_sdxl(const SpecReader& spec, Prompt& prompt, const Placement& compute,
                                 const std::function<bool()>& is_done) {
  struct Half {
    const nn::Architecture& architecture;
    const char* name;
    nn::ClipConfig published;
    std::int64_t pad;  // of the published tokenizer
    std::string vocabulary, merges, read;
    std::optional<NetworkSource> source;
  };
  std::vector<Half> halves = {
      {nn::clip_l_architecture(), "clip_l", {}, 49407},
      {nn::clip_bigg_architecture(), "clip_bigg", nn::clip_bigg_config(), 0}};
  for (Half& half : halves) {
    const SpecReader reader = spec.child(half.name, "a text encoder of SDXL");
    half.vocabulary = reader.path(reader.string("vocabulary", {.doc = "tokens, vocab.json"}));
    half.merges =
        reader.path(reader.string("merges", {.doc = "merges of the tokenizer, merges.txt"}));
    half.pad =
        reader.integer("pad", {.doc = "token that fills a row", .fallback = half.pad, .low = 0});
    const SpecReader extents = reader.child("config", "extents of the network", Json::object());
    half.published = nn::read_clip_config(extents, half.published);
    half.source.emplace(reader, half.architecture, compute);
    half.read = prompt.text_for(half.name, reader, false);
    enter(prompt.made, half.name, {half.vocabulary, half.merges}, extents.resolved().dump());
    enter_weights(prompt.made, half.name, *half.source);
  }
  spec.finish();
  if (is_done()) return {};

  std::vector<Tensor> features;
  Tensor pooled;
  for (const Half& half : halves) {
    const TokenRows rows = BpeTokenizer::read(half.vocabulary, half.merges)
                               .rows({half.read}, half.pad, half.published.max_positions);
    const auto encoder = half.source->make<nn::ClipEncoder>(half.published);
    const Tensor ids = rows.ids.to(compute.device);
    features.push_back(encoder->hidden_states(ids));
    pooled = encoder->pooled(ids, features.back());  // of the last: the larger encoder
  }
  return {{"embeddings", at::cat(features, -1)}, {"pooled", pooled}};
}

}  // namespace

EncodedPrompt encode_prompt(const std::string& path, const std::string& out) {
  if (out.empty()) throw SpecError("", "--encode-prompt needs --out FILE.safetensors");
  const SpecReader spec(read_json_file(path), "",
                        std::filesystem::path(path).parent_path().string());
  Prompt prompt{spec.string("prompt", {.doc = "the text"}), {}, {}};
  const std::string prior =
      spec.choice("for", {.doc = "prior that the prompt is for", .choices = {"wan", "sdxl"}});
  const Placement compute = read_network_placement(spec, "float32");
  prompt.made = {
      {"prompt", prompt.as_given}, {"for", prior}, {"precision", c10::toString(compute.dtype)}};
  const auto is_done = [&] {
    return std::filesystem::exists(out) && nn::read_safetensors(out).metadata == prompt.made;
  };
  const nn::NamedTensors tensors = prior == "wan" ? encode_for_wan(spec, prompt, compute, is_done)
                                                  : encode_for_sdxl(spec, prompt, compute, is_done);
  if (!tensors.empty()) nn::write_safetensors(out, {.tensors = tensors, .metadata = prompt.made});
  return {!tensors.empty(), prompt.notes};
}

}  // namespace lvtino
