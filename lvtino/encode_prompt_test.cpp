#include "lvtino/encode_prompt.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "priors/networks/clip_encoder.hpp"
#include "priors/networks/umt5_encoder.hpp"
#include "priors/prompt_file.hpp"
#include "priors/text/bpe_tokenizer.hpp"
#include "priors/text/unigram_tokenizer.hpp"

BOOST_AUTO_TEST_SUITE(encode_prompt)

using namespace lvtino;

namespace {

const std::string kTokenizers = LVTINO_SOURCE_DIR "/tests/parity/networks/tokenizers/";
const char* const kPrompt = "A high resolution video";

struct Folder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / "lvtino_encode_prompt_test";
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name) const { return (path / name).string(); }
  std::string written(const std::string& name, const Json& content) const {
    write_file(file(name), content.dump());
    return file(name);
  }
};

const Json kUmt5 = {{"width", 16},  {"head_width", 8}, {"heads", 2},
                    {"hidden", 24}, {"layers", 2},     {"vocabulary", 1024}};

Json for_wan(const std::string& prompt = kPrompt) {
  return {
      {"prompt", prompt},
      {"for", "wan"},
      {"umt5",
       {{"tokenizer", kTokenizers + "identity.model"}, {"weights", "random"}, {"config", kUmt5}}}};
}

Json clip(std::int64_t width, std::int64_t projection) {
  return {{"vocab_size", 896},
          {"max_positions", 20},
          {"hidden_size", width},
          {"layers", 2},
          {"heads", 2},
          {"intermediate_size", 24},
          {"projection_dim", projection},
          {"eos_token_id", 895}};
}

Json for_sdxl() {
  const auto encoder = [](Json config, std::int64_t pad) -> Json {
    return {{"vocabulary", kTokenizers + "bpe_vocab.json"},
            {"merges", kTokenizers + "bpe_merges.txt"},
            {"pad", pad},
            {"weights", "random"},
            {"config", std::move(config)}};
  };
  return {{"prompt", kPrompt},
          {"for", "sdxl"},
          {"clip_l", encoder(clip(16, 0), 895)},
          {"clip_bigg", encoder(clip(24, 10), 0)}};
}

// The random network that a spec gets.
template <class Network, class Config>
Network made(const nn::Architecture& architecture, const Config& config) {
  nn::RandomWeights random(Rng(0).fork(architecture.name), {});
  if constexpr (std::is_constructible_v<Network, const Config&, const nn::Weights&>)
    return Network(config, nn::Weights(random));
  else
    return Network(nn::Weights(random), config);
}

}  // namespace

BOOST_AUTO_TEST_CASE(for_wan_the_rows_of_the_text_are_kept) {
  const Folder folder;
  const std::string out = folder.file("wan.safetensors");
  BOOST_TEST(lvtino::encode_prompt(folder.written("p.json", for_wan()), out).computed);
  const auto tokens = UnigramTokenizer::read(kTokenizers + "identity.model").rows({kPrompt}, 64);
  const auto encoder = made<nn::Umt5Encoder>(nn::umt5_encoder_architecture(),
                                             nn::read_umt5_config(SpecReader(kUmt5)));
  // With padding that is masked, as the published program runs it, its rows dropped.
  const Tensor mask = at::arange(64).lt(tokens.counts[0]).to(at::kLong).unsqueeze(0);
  const Tensor expected = encoder.forward(tokens.ids, mask).narrow(1, 0, tokens.counts[0]);
  const Tensor found = nn::read_safetensors(out).tensors.at("embeddings");
  BOOST_TEST(at::allclose(found, expected, 1e-5, 1e-6));
  // What a prior reads.
  const Tensor read =
      PromptSource(SpecReader(Json{{"prompt", out}})).read("embeddings", {1, kAnyLength, 16}, {});
  BOOST_TEST(at::equal(read, found));
  BOOST_CHECK_THROW(
      PromptSource(SpecReader(Json{{"prompt", out}})).read("embeddings", {1, kAnyLength, 17}, {}),
      IoError);
  BOOST_CHECK_THROW(PromptSource(SpecReader(Json{{"prompt", out}})).read("pooled", {1, 10}, {}),
                    IoError);
}

BOOST_AUTO_TEST_CASE(for_sdxl_two_encoders_stand_side_by_side) {
  const Folder folder;
  const std::string out = folder.file("sdxl.safetensors");
  BOOST_TEST(lvtino::encode_prompt(folder.written("p.json", for_sdxl()), out).computed);
  const auto stored = nn::read_safetensors(out).tensors;
  const BpeTokenizer tokenizer =
      BpeTokenizer::read(kTokenizers + "bpe_vocab.json", kTokenizers + "bpe_merges.txt");
  const auto half = [&](const nn::Architecture& architecture, const Json& config,
                        nn::ClipConfig defaults, std::int64_t pad) {
    const auto encoder =
        made<nn::ClipEncoder>(architecture, nn::read_clip_config(SpecReader(config), defaults));
    const Tensor ids = tokenizer.rows({kPrompt}, pad, 20).ids, hidden = encoder.hidden_states(ids);
    return std::make_pair(hidden, encoder.pooled(ids, hidden));
  };
  const auto l = half(nn::clip_l_architecture(), clip(16, 0), {}, 895);
  const auto g = half(nn::clip_bigg_architecture(), clip(24, 10), nn::clip_bigg_config(), 0);
  BOOST_TEST(at::allclose(stored.at("embeddings"), at::cat({l.first, g.first}, -1), 1e-5, 1e-6));
  BOOST_TEST(at::allclose(stored.at("pooled"), g.second, 1e-5, 1e-6));
}

BOOST_AUTO_TEST_CASE(what_is_there_is_not_computed_again) {
  const Folder folder;
  const std::string out = folder.file("wan.safetensors");
  BOOST_TEST(lvtino::encode_prompt(folder.written("p.json", for_wan()), out).computed);
  BOOST_TEST(!lvtino::encode_prompt(folder.written("p.json", for_wan()), out).computed);
  BOOST_TEST(lvtino::encode_prompt(folder.written("p.json", for_wan("Another one")), out).computed);
  Json other = for_wan("Another one");
  other["umt5"]["config"]["layers"] = 1;
  BOOST_TEST(lvtino::encode_prompt(folder.written("p.json", other), out).computed);
  other["umt5"]["tokenizer"] = kTokenizers + "bytes.model";
  BOOST_TEST(lvtino::encode_prompt(folder.written("p.json", other), out).computed);
}

BOOST_AUTO_TEST_CASE(a_prompt_is_cleaned_for_umt5_and_for_clip_where_it_is_asked_for) {
  const Folder folder;
  const std::string out = folder.file("out.safetensors");
  const auto encoded = [&](const Json& spec) {
    BOOST_TEST(lvtino::encode_prompt(folder.written("p.json", spec), out).computed);
    return nn::read_safetensors(out);
  };
  const std::string web = " A&nbsp;high resolution  vide\u006f &amp;c\n",
                    clean = "A high resolution video &c";
  const auto plain = encoded(for_wan(clean)), cleaned = encoded(for_wan(web));
  BOOST_TEST(at::equal(cleaned.tensors.at("embeddings"), plain.tensors.at("embeddings")));
  BOOST_TEST(cleaned.metadata.at("umt5 text") == clean);
  BOOST_TEST(cleaned.metadata.at("prompt") == web);
  Json as_it_is = for_wan(web);
  as_it_is["umt5"]["clean"] = false;
  const auto raw = encoded(as_it_is);
  BOOST_TEST(raw.tensors.at("embeddings").size(1) > plain.tensors.at("embeddings").size(1));
  BOOST_TEST(raw.metadata.count("umt5 text") == 0u);

  const auto with_prompt = [](const std::string& prompt) {
    Json spec = for_sdxl();
    spec["prompt"] = prompt;
    return spec;
  };
  Json both = with_prompt(web), one = both;
  both["clip_l"]["clean"] = both["clip_bigg"]["clean"] = true;
  one["clip_l"]["clean"] = true;
  const Tensor expected = encoded(with_prompt(clean)).tensors.at("embeddings");
  const Tensor left = encoded(with_prompt(web)).tensors.at("embeddings");
  BOOST_TEST(!at::equal(left, expected));
  BOOST_TEST(at::equal(encoded(both).tensors.at("embeddings"), expected));
  const Tensor half = encoded(one).tensors.at("embeddings");
  BOOST_TEST(at::equal(half, at::cat({expected.narrow(2, 0, 16), left.narrow(2, 16, 24)}, 2)));
}

BOOST_AUTO_TEST_CASE(a_file_from_before_prompts_were_cleaned_is_made_again) {
  const Folder folder;
  const std::string out = folder.file("wan.safetensors"),
                    spec = folder.written("p.json", for_wan());
  lvtino::encode_prompt(spec, out);
  nn::SafetensorsFile old = nn::read_safetensors(out);
  old.metadata.erase("umt5 text");
  for (auto& [name, tensor] : old.tensors) tensor = tensor.clone();
  nn::write_safetensors(out, old);
  BOOST_TEST(lvtino::encode_prompt(spec, out).computed);
  BOOST_TEST(!lvtino::encode_prompt(spec, out).computed);
}

BOOST_AUTO_TEST_CASE(what_is_changed_or_seems_garbled_is_noted) {
  const Folder folder;
  const auto notes = [&](const Json& spec) {
    return lvtino::encode_prompt(folder.written("p.json", spec), folder.file("out")).notes;
  };
  using Notes = std::set<std::string>;
  BOOST_CHECK(notes(for_wan()) == Notes());
  BOOST_CHECK(notes(for_wan("a  b")) == Notes({"umt5 reads \"a b\""}));
  BOOST_CHECK(notes(for_wan("caf\u00c3\u00a9")) == Notes({"umt5 reads \"caf\u00e9\""}));
  // Not to be mended: one good character beside the bad ones.
  const Notes garbled = {"the prompt looks like UTF-8 that was read as something else"};
  BOOST_CHECK(notes(for_wan("caf\u00c3\u00a9 \u00e9")) == garbled);
  Json clip = for_sdxl();
  clip["prompt"] = "caf\u00c3\u00a9";
  BOOST_CHECK(notes(clip) == garbled);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_said) {
  const Folder folder;
  const auto message = [&](const Json& spec) -> std::string {
    try {
      lvtino::encode_prompt(folder.written("p.json", spec), folder.file("out.safetensors"));
    } catch (const Error& failure) {
      return failure.what();
    }
    return "";
  };
  Json spec = for_wan();
  spec["umt5"]["tokeniser"] = "x";
  BOOST_TEST(message(spec).find("/umt5/tokeniser") != std::string::npos);
  spec = for_wan();
  spec["umt5"]["weights"] = "none.pth";
  BOOST_TEST(message(spec).find("none.pth") != std::string::npos);
  spec = for_sdxl();
  spec.erase("clip_bigg");
  BOOST_TEST(message(spec).find("/clip_bigg") != std::string::npos);
  BOOST_TEST(!std::filesystem::exists(folder.file("out.safetensors")));
  BOOST_CHECK_THROW(lvtino::encode_prompt(folder.written("p.json", for_wan()), ""), SpecError);
}

BOOST_AUTO_TEST_SUITE_END()
