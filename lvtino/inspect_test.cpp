#include "lvtino/inspect.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "priors/networks/wan_vae.hpp"
#include "priors/nn/checkpoint.hpp"

BOOST_AUTO_TEST_SUITE(inspect)

using namespace lvtino;

namespace {

std::string told(const std::string& path, const std::string& key = "",
                 const std::vector<nn::NetworkEntry>& table = nn::network_table()) {
  std::ostringstream out;
  inspect_weights(path, key, out, table);
  return out.str();
}

bool holds(const std::string& whole, const std::string& part) {
  const bool found = whole.find(part) != whole.npos;
  if (!found) BOOST_TEST_MESSAGE("expected " << part << " in\n" << whole);
  return found;
}

const std::string kCorpus = LVTINO_SOURCE_DIR "/tests/fuzz/corpus/";

}  // namespace

BOOST_AUTO_TEST_CASE(files_of_every_container) {
  const std::string zip = told(kCorpus + "checkpoint/nested.pt");
  BOOST_TEST(holds(zip, "container    torch zip\n"));
  BOOST_TEST(
      holds(zip, "tensors      14 (BF16 1, BOOL 1, F16 1, F32 7, F64 1, I32 1, I64 1, U8 1)\n"));
  BOOST_TEST(holds(zip, "parameters   89\n"));
  BOOST_TEST(holds(zip, "no tensors   step note losses\n"));
  BOOST_TEST(holds(zip, "network      none that is known\n"));
  BOOST_TEST(holds(told(kCorpus + "checkpoint/nested.pt", "critic"), "tensors      1 (F32 1)\n"));
  BOOST_TEST(holds(told(kCorpus + "legacy/state.pth"), "container    torch stream\n"));
  BOOST_TEST(holds(told(kCorpus + "safetensors/state.safetensors"), "container    safetensors\n"));
  BOOST_TEST(holds(told(kCorpus + "safetensors/parts.safetensors.index.json"), "in 2 shards\n"));
  BOOST_CHECK_THROW(told("/nowhere/w.pt"), IoError);
}

BOOST_AUTO_TEST_CASE(networks_and_what_they_lack) {
  const nn::Architecture& vae = nn::wan_vae_architecture();
  const std::vector<nn::NetworkEntry> table = {
      {&vae,
       {{"a small one",
         R"({"width": 8, "channels": 4, "mean": [0,0,0,0], "deviation": [1,1,1,1]})"}}}};
  nn::RandomWeights random(Rng(1), {});
  struct Keep final : nn::WeightSource {
    nn::RandomWeights* source;
    nn::NamedTensors kept;
    Tensor take(const std::string& name, const Shape& shape) override {
      return kept[name] = source->take(name, shape);
    }
  } keep;
  keep.source = &random;
  vae.build(SpecReader(Json::parse(table[0].published[0].config)), nn::Weights(keep));
  const std::string path =
      (std::filesystem::temp_directory_path() / "lvtino_inspect_test.safetensors").string();
  nn::NamedTensors file = nn::stored_in(keep.kept, vae.schemes[1].naming);
  nn::write_safetensors(path, {.tensors = file});
  BOOST_TEST(holds(told(path, "", table), "network      a small one, diffusers naming\n"));
  file.erase("post_quant_conv.bias");
  file["more"] = at::ones({1});
  file["quant_conv.bias"] = at::ones({3});
  nn::write_safetensors(path, {.tensors = file});
  const std::string damaged = told(path, "", table);
  BOOST_TEST(holds(damaged, "a small one, diffusers naming: not quite\n"));
  BOOST_TEST(holds(damaged, "missing (1): post_quant_conv.bias\n"));
  BOOST_TEST(holds(damaged, "misshapen (1): quant_conv.bias expected [8] got [3]\n"));
  BOOST_TEST(holds(damaged, "unexpected (1): more\n"));
  std::filesystem::remove(path);
}

BOOST_AUTO_TEST_SUITE_END()
