#include "priors/nn/torch_zip.hpp"

#include "lvtino/core/error.hpp"
#include "priors/nn/stored_zip.hpp"
#include "priors/nn/torch_objects.hpp"

namespace lvtino {
namespace {

constexpr std::size_t kLongestPickle = 64 << 20;
constexpr std::string_view kPickle = "/data.pkl";

// The one folder of the archive, with a slash.
std::string root_of(const StoredZip& zip, const std::string& name) {
  std::string root;
  for (const auto& [path, entry] : zip.entries()) {
    const auto slash = path.find('/');
    if (slash == path.npos || path.substr(slash) != kPickle) continue;
    if (!root.empty()) throw IoError(text(name, ": an archive with two entries data.pkl"));
    root = path.substr(0, slash + 1);
  }
  if (root.empty())
    throw IoError(text(name, ": expected a checkpoint of torch.save, the archive has no data.pkl"));
  if (zip.entries().count(root + "constants.pkl"))
    throw IoError(text(name, ": a TorchScript program, expected a checkpoint of torch.save"));
  return root;
}

void check_byte_order(const StoredZip& zip, const std::string& root, const std::string& name) {
  if (!zip.entries().count(root + "byteorder")) return;  // before torch 2.1: little
  if (const auto order = zip.checked(root + "byteorder"); order != "little")
    throw IoError(text(name, ": expected little-endian numbers, got ", order.substr(0, 16)));
}

}  // namespace

TorchTensors parse_torch_zip(std::string_view bytes, const std::string& name,
                             const nn::BytesOwner& owner) {
  const StoredZip zip(bytes, name);
  const std::string root = root_of(zip, name);
  check_byte_order(zip, root, name);
  const std::string data = root + "data.pkl";
  if (zip.entry(data).content.size() > kLongestPickle)
    throw IoError(text(name, ": data.pkl has ", zip.entry(data).content.size(), " bytes, at most ",
                       kLongestPickle, " are read"));
  const std::string_view pickle = zip.checked(data);
  pickle::Machine machine(pickle, text(name, ": data.pkl"));
  TorchObjects objects(machine);
  const auto names = objects.names(machine.run(objects), pickle.size());
  if (machine.left() != 0) machine.fail(text(machine.left(), " bytes too many"));
  for (TorchObjects::Storage& storage : objects.storages()) {
    const std::string entry = text(root, "data/", storage.key);
    const std::string_view content = zip.entry(entry).content;
    const std::uint64_t width = at::elementSize(storage.type);
    if (std::uint64_t(storage.count) > content.size() / width)
      throw IoError(text(name, ": the entry ", entry, " has ", content.size(), " bytes, expected ",
                         storage.count, " numbers of ", width));
    storage.numbers =
        nn::tensor_of_bytes(content.substr(0, std::uint64_t(storage.count) * width),
                            {storage.count}, storage.type, owner, text(name, ": ", entry));
  }
  return objects.tensors(names);
}

}  // namespace lvtino
