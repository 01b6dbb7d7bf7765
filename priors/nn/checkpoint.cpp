#include "priors/nn/checkpoint.hpp"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "lvtino/core/error.hpp"
#include "lvtino/core/mapped_file.hpp"
#include "lvtino/core/sha256.hpp"
#include "lvtino/core/sorted_json.hpp"
#include "priors/nn/stored_zip.hpp"
#include "priors/nn/torch_legacy.hpp"
#include "priors/nn/torch_zip.hpp"

namespace lvtino::nn {
namespace {

constexpr std::string_view kIndexEnd = ".index.json";
constexpr std::size_t kLongestIndex = 100'000'000;
constexpr std::size_t kMostShards = 1000;

bool is_safetensors(std::string_view bytes) { return bytes.size() > 8 && bytes[8] == '{'; }

Checkpoint from_torch(const std::string& path, const char* container, TorchTensors content) {
  Checkpoint out{.path = path, .container = container, .others = std::move(content.others)};
  for (NamedTensor& named : content.tensors)
    out.tensors[std::move(named.name)] = std::move(named.tensor);
  return out;
}

IoError unknown_format(const std::string& path, std::string_view bytes) {
  const std::string expected =
      "expected weights: safetensors, a safetensors index, or a file of torch.save";
  if (bytes.substr(0, 19) == "version https://git")
    return IoError(text(path, ": ", expected, "; this is a Git LFS pointer, not the file itself"));
  return IoError(text(path, ": ", expected, "; these ", bytes.size(), " bytes are none of them"));
}

// The file that the index names for a tensor: one beside the index, whatever the index says.
std::string shard_name(const std::string& index, const std::string& key, const SortedJson& value) {
  if (!value.is_string())
    throw IoError(text(index, ": /weight_map/", key, ": expected the name of a file"));
  const std::string name = value.get<std::string>();
  if (name.empty() || name == "." || name == ".." ||
      name.find_first_of(std::string_view("/\\:\0", 4)) != name.npos)
    throw IoError(text(index, ": /weight_map/", key,
                       ": expected the name of a file beside it, got ", value.dump()));
  return name;
}

SortedJson read_index(const std::string& path) {
  const auto file = MappedFile::open(path);
  if (file->bytes().size() > kLongestIndex)
    throw IoError(text(path, ": an index of ", file->bytes().size(), " bytes"));
  SortedJson document;
  try {
    document = parse_sorted_json(file->bytes(), path);
  } catch (const SpecError& failure) {
    throw IoError(failure.what());
  }
  if (!document.is_object() || !document.contains("weight_map") ||
      !document["weight_map"].is_object())
    throw IoError(text(path, ": expected an index with the object \"weight_map\""));
  return document["weight_map"];
}

Checkpoint open_shards(const std::string& path) {
  const SortedJson map = read_index(path);
  std::map<std::string, SafetensorsFile> shards;
  Checkpoint out{.path = path};
  for (const auto& [key, value] : map.items()) {
    const std::string name = shard_name(path, key, value);
    auto shard = shards.find(name);
    if (shard == shards.end()) {
      if (shards.size() == kMostShards)
        throw IoError(text(path, ": more than ", kMostShards, " shards"));
      const std::string beside = (std::filesystem::path(path).parent_path() / name).string();
      std::shared_ptr<const MappedFile> file;
      try {
        file = MappedFile::open(beside);
      } catch (const IoError& failure) {
        throw IoError(text(path, ": the shard of \"", key, "\": ", failure.what()));
      }
      shard = shards.emplace(name, parse_safetensors(file->bytes(), beside, file)).first;
      out.metadata.insert(shard->second.metadata.begin(), shard->second.metadata.end());
    }
    const auto found = shard->second.tensors.find(key);
    if (found == shard->second.tensors.end())
      throw IoError(text(path, ": the shard ", name, " has no tensor \"", key, "\""));
    out.tensors[key] = found->second;
  }
  out.container = text("safetensors in ", shards.size(), shards.size() == 1 ? " shard" : " shards");
  return out;
}

Checkpoint open_whole(const std::string& path) {
  const auto file = MappedFile::open(path);
  const std::string_view bytes = file->bytes();
  if (is_zip(bytes)) return from_torch(path, "torch zip", parse_torch_zip(bytes, path, file));
  if (is_torch_legacy(bytes))
    return from_torch(path, "torch stream", parse_torch_stream(bytes, path, file));
  if (!is_safetensors(bytes)) throw unknown_format(path, bytes);
  SafetensorsFile content = parse_safetensors(bytes, path, file);
  return {.path = path,
          .container = "safetensors",
          .tensors = std::move(content.tensors),
          .metadata = std::move(content.metadata)};
}

// The first parts of the names: what a key could have been.
std::string first_parts(const NamedTensors& tensors) {
  std::set<std::string> parts;
  for (const auto& [name, tensor] : tensors)
    if (parts.size() < 20 && name.find('.') != name.npos)
      parts.insert(name.substr(0, name.find('.')));
  std::string out;
  for (const std::string& part : parts) out += " " + part;
  return out.empty() ? " none" : out;
}

void keep_below(Checkpoint& checkpoint, const std::string& key) {
  const std::string prefix = key + ".";
  NamedTensors kept = below(checkpoint.tensors, key);
  if (kept.empty())
    throw IoError(text(checkpoint.path, ": no tensors below the key \"", key,
                       "\"; there are keys:", first_parts(checkpoint.tensors)));
  checkpoint.tensors = std::move(kept);
  std::erase_if(checkpoint.others,
                [&](const std::string& name) { return name.rfind(prefix, 0) != 0; });
  for (std::string& name : checkpoint.others) name.erase(0, prefix.size());
}

}  // namespace

Checkpoint open_checkpoint(const std::string& path, const std::string& key) {
  const bool index = path.size() > kIndexEnd.size() &&
                     path.compare(path.size() - kIndexEnd.size(), path.npos, kIndexEnd) == 0;
  Checkpoint out = index ? open_shards(path) : open_whole(path);
  if (!key.empty()) keep_below(out, key);
  return out;
}

TensorList list_of(const NamedTensors& tensors) {
  TensorList out;
  for (const auto& [name, tensor] : tensors) out[name] = shape_of(tensor);
  return out;
}

std::string listing_digest(const TensorList& tensors) {
  const std::string listing = canonical_listing(tensors);
  return Sha256().update(listing.data(), listing.size()).hex();
}

std::int64_t parameter_count(const TensorList& tensors) {
  std::int64_t count = 0;
  for (const auto& [name, shape] : tensors) count += element_count(shape);
  return count;
}

std::map<std::string, std::int64_t> dtype_counts(const NamedTensors& tensors) {
  std::map<std::string, std::int64_t> out;
  for (const auto& [name, tensor] : tensors)
    for (const StoredDtype& known : stored_dtypes())
      if (known.type == tensor.scalar_type()) ++out[known.safetensors];
  return out;
}

}  // namespace lvtino::nn
