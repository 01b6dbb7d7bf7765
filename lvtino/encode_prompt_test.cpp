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
  BOOST_TEST(lvtino::encode_prompt(folder.written("p.json", for_wan()), out));
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
  BOOST_TEST(lvtino::encode_prompt(folder.written("p.json", for_sdxl()), out));
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
  BOOST_TEST(lvtino::encode_prompt(folder.written("p.json", for_wan()), out));
  BOOST_TEST(!lvtino::encode_prompt(folder.written("p.json", for_wan()), out));
  BOOST_TEST(lvtino::encode_prompt(folder.written("p.json", for_wan("Another one")), out));
  Json other = for_wan("Another one");
  other["umt5"]["config"]["layers"] = 1;
  BOOST_TEST(lvtino::encode_prompt(folder.written("p.json", other), out));
  other["umt5"]["tokenizer"] = kTokenizers + "bytes.model";
  BOOST_TEST(lvtino::encode_prompt(folder.written("p.json", other), out));
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
