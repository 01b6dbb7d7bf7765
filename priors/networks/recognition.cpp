#include "priors/networks/recognition.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "lvtino/core/error.hpp"
#include "priors/networks/loading.hpp"

namespace lvtino::nn {
namespace {

struct Candidate {
  Recognised found;
  std::size_t wrong;
  std::string telltale;            // its name in the file
  std::vector<std::string> names;  // of the file's tensors that it takes
};

const Placement kNoMemory{at::kFloat, at::kMeta};

NamedTensors without_memory(const TensorList& tensors) {
  NamedTensors out;
  for (const auto& [name, shape] : tensors) out[name] = at::empty(shape, kNoMemory.options());
  return out;
}

Candidate compared(const NamedTensors& tensors, const NetworkEntry& entry,
                   const PublishedNetwork& published, const NamingScheme& scheme,
                   const std::string& key, const std::string& prefix) {
  StoredWeights stored(tensors, "", scheme.naming, kNoMemory);
  entry.architecture->build(SpecReader(Json::parse(published.config)), Weights(stored));
  const auto outside = tolerated(entry, stored);
  Candidate out{.found = {.architecture = entry.architecture,
                          .title = published.title,
                          .scheme = scheme.name,
                          .key = key,
                          .differences = stored.differences(outside)},
                .telltale = prefix + scheme.telltale};
  const Differences& d = out.found.differences;
  out.wrong = d.missing.size() + d.misshapen.size() + d.unexpected.size();
  for (const auto& [name, tensor] : tensors)
    if (stored.asked_for(name) || (entry.ignored && entry.ignored(name)))
      out.names.push_back(prefix + name);
  return out;
}

std::vector<Candidate> candidates(const TensorList& tensors,
                                  const std::vector<NetworkEntry>& table) {
  std::set<std::string> keys = {""};
  for (const auto& [name, shape] : tensors)
    if (const auto dot = name.find('.'); dot != name.npos) keys.insert(name.substr(0, dot));
  std::vector<Candidate> out;
  for (const std::string& key : keys) {
    const std::string prefix = key.empty() ? "" : key + ".";
    for (const NetworkEntry& entry : table)
      for (const NamingScheme& scheme : entry.architecture->schemes) {
        if (!tensors.count(prefix + scheme.telltale)) continue;
        const NamedTensors part = without_memory(below(tensors, key));
        for (const PublishedNetwork& published : entry.published)
          out.push_back(compared(part, entry, published, scheme, key, prefix));
      }
  }
  return out;
}

}  // namespace

std::vector<Recognised> recognise(const TensorList& tensors,
                                  const std::vector<NetworkEntry>& table) {
  std::vector<Candidate> all = candidates(tensors, table);
  std::stable_sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    return std::make_tuple(a.wrong, a.found.key.size()) <
           std::make_tuple(b.wrong, b.found.key.size());
  });
  std::set<std::string> taken;
  std::vector<Recognised> out;
  for (Candidate& candidate : all) {
    if (taken.count(candidate.telltale)) continue;
    taken.insert(candidate.names.begin(), candidate.names.end());
    out.push_back(std::move(candidate.found));
  }
  // Nothing that another network takes is unexpected.
  for (Recognised& found : out)
    std::erase_if(found.differences.unexpected, [&](const std::string& name) {
      return taken.count(found.key.empty() ? name : found.key + "." + name) > 0;
    });
  return out;
}

std::string published_listing(const std::string& sha256) {
  static const std::map<std::string, std::string> known = {
      {"aadc8fce4a4472a32436bb2bfb42525e6ed9d8d53784a5f087ad354eaa1bd8af",
       "Wan2.1 T2V 1.3B transformer, original naming"},
      {"669bc0eeea40178992225df63c666f359ae5cf6174603999835fa63ee5945133",
       "Wan2.1 T2V 1.3B transformer, CausVid naming"},
      {"09694f78f8d51f3100f85554eb2057391e758e5e9c85a83c47fd271dd430623d",
       "Wan2.1 T2V 1.3B transformer, diffusers naming"},
      {"aca1fde8a2200c69e6ee8cf7236104286096bfb0079acfecc9c417d29f4dbbed",
       "Wan2.1 VAE, original naming"},
      {"42f0ba53e287fca3887da35ccb68b75056aca67714b07c3e135315c877970ade",
       "Wan2.1 VAE, diffusers naming"},
      {"53b38a795ce4e54c1174bba2ce21d04e12ca6757af493b3f2f27f28e611450c5",
       "UMT5-XXL encoder, original naming"},
      {"fe0a4fdc202d486d06f3c70897cc520123a8dd571daf14d5bb0e92589ed383eb",
       "UMT5-XXL encoder, transformers naming"},
      {"858f291ff98bed67543a2f98063cb09cde3491af1da9e5b9a682f43bebe5f132",
       "SDXL UNet, diffusers naming"},
      {"ffbb10974f22a29dd86df4c7c507e4cab275961442d5b2d5efa8b124d0c3f29b",
       "SDXL VAE, diffusers naming"},
      {"5f84005b1a822c895f12be1c33a50820b87e03c3a94a6bc3674242c23087af06",
       "CLIP-L text encoder, transformers naming"},
      {"2f37d37a41b85695df9ef3eeb0a8f6d100da60ce6caf4ce02d5390a5c057d535",
       "OpenCLIP bigG text encoder, transformers naming"}};
  const auto found = known.find(sha256);
  return found == known.end() ? "" : found->second;
}

}  // namespace lvtino::nn
