#include "priors/networks/table.hpp"

#include "lvtino/core/error.hpp"
#include "priors/networks/clip_encoder.hpp"
#include "priors/networks/sdxl_naming.hpp"
#include "priors/networks/sdxl_unet.hpp"
#include "priors/networks/sdxl_vae.hpp"
#include "priors/networks/umt5_encoder.hpp"
#include "priors/networks/wan_transformer.hpp"
#include "priors/networks/wan_vae.hpp"

namespace lvtino::nn {
namespace {

// The table of tokens, a second time.
bool umt5_carries_along(const std::string& key) { return key == "encoder.embed_tokens.weight"; }

}  // namespace

const std::vector<NetworkEntry>& network_table() {
  static const std::vector<NetworkEntry> table = {
      {&wan_transformer_architecture(),
       {{"Wan2.1 T2V 1.3B transformer", "{}"},
        {"Wan2.1 T2V 14B transformer",
         R"({"width": 5120, "heads": 40, "layers": 40, "hidden": 13824})"}}},
      {&wan_vae_architecture(), {{"Wan2.1 VAE", "{}"}}},
      {&umt5_encoder_architecture(), {{"UMT5-XXL encoder", "{}"}}, umt5_carries_along},
      {&sdxl_unet_architecture(), {{"SDXL UNet", "{}"}}},
      {&sdxl_vae_architecture(), {{"SDXL VAE", "{}"}}},
      {&clip_l_architecture(), {{"CLIP-L text encoder", "{}"}}, clip_carries_along},
      {&clip_bigg_architecture(), {{"OpenCLIP bigG text encoder", "{}"}}, clip_carries_along}};
  return table;
}

const NetworkEntry& find_network(const std::string& name) {
  std::string names;
  for (const NetworkEntry& entry : network_table()) {
    if (entry.architecture->name == name) return entry;
    names += (names.empty() ? "" : ", ") + entry.architecture->name;
  }
  throw NotSupportedError(text("there is no network \"", name, "\"; there are ", names));
}

}  // namespace lvtino::nn
