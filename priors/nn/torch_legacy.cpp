#include "priors/nn/torch_legacy.hpp"

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "priors/nn/stored_zip.hpp"
#include "priors/nn/torch_objects.hpp"

namespace lvtino {
namespace {

using pickle::Value;
using Kind = Value::Kind;

constexpr std::string_view kMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
constexpr std::int64_t kVersion = 1001;

// One pass over the bytes: head, dictionary, list of storages, storages.
class Stream {
 public:
  Stream(std::string_view bytes, const std::string& name, const nn::BytesOwner& owner)
      : machine_(bytes, name), objects_(machine_), name_(name), owner_(owner) {}

  TorchTensors read() {
    read_head();
    const std::uint64_t begin = machine_.offset();
    const Value root = machine_.run(objects_);
    const auto names = objects_.names(root, machine_.offset() - begin);
    read_storages();
    return objects_.tensors(names);
  }

 private:
  void read_head() {
    if (machine_.left() < 2) machine_.fail("expected a torch checkpoint, got an empty file");
    const Value magic = machine_.run(objects_);
    if (!magic.is(Kind::long_integer) || magic.text != kMagic)
      machine_.fail("expected the magic number of a torch checkpoint");
    const Value version = machine_.run(objects_);
    if (!version.is(Kind::integer) || version.integer != kVersion)
      machine_.fail(text("expected the checkpoint version ", kVersion));
    const Value facts = machine_.run(objects_);
    if (!facts.is(Kind::dict)) machine_.fail("expected facts of the machine that wrote the file");
    const auto& entries = facts.items->values;
    for (std::size_t i = 0; i + 1 < entries.size(); i += 2)
      if (entries[i].is(Kind::text) && entries[i].text == "little_endian" &&
          entries[i + 1].integer != 1)
        machine_.fail("expected little-endian numbers");
  }

  void read_storages() {
    const Value keys = machine_.run(objects_);
    if (!keys.is(Kind::list)) machine_.fail("expected the list of storages");
    std::size_t read = 0;
    for (const Value& key : keys.items->values) {
      TorchObjects::Storage* storage =
          key.is(Kind::text) ? objects_.find_storage(key.text) : nullptr;
      if (!storage) machine_.fail("the list of storages names one that no tensor has");
      if (storage->numbers.defined()) machine_.fail(text("the storage ", key.text, " comes twice"));
      read_storage(*storage);
      ++read;
    }
    if (const std::size_t known = objects_.storages().size(); read != known)
      machine_.fail(text("expected ", known, " storages, the file lists ", read));
    if (machine_.left() != 0) machine_.fail(text(machine_.left(), " bytes too many"));
  }

  void read_storage(TorchObjects::Storage& storage) {
    const auto count = machine_.take_unsigned(8, "a storage's length");
    if (count != std::uint64_t(storage.count))
      machine_.fail(text("expected a storage of ", storage.count, " numbers, got ", count));
    const auto width = std::uint64_t(at::elementSize(storage.type));
    if (count > machine_.left() / width)  // before anything is allocated
      machine_.fail(text("the file ends within a storage of ", count, " numbers"));
    storage.numbers =
        nn::tensor_of_bytes(machine_.take(count * width, "a storage"), {storage.count},
                            storage.type, owner_, text(name_, ": storage ", storage.key));
  }

  pickle::Machine machine_;
  TorchObjects objects_;
  std::string name_;
  nn::BytesOwner owner_;
};

}  // namespace

bool is_torch_legacy(std::string_view bytes) {
  return bytes.substr(0, 4) == "\x80\x02\x8a\x0a" && bytes.substr(4, kMagic.size()) == kMagic;
}

TorchTensors parse_torch_stream(std::string_view bytes, const std::string& name,
                                const nn::BytesOwner& owner) {
  return Stream(bytes, name, owner).read();
}

std::vector<NamedTensor> parse_torch_legacy(std::string_view bytes, const std::string& name) {
  if (is_zip(bytes))
    throw IoError(text(
        name, ": expected a checkpoint in the stream format of torch.save, got a zip archive"));
  TorchTensors content = Stream(bytes, name, {}).read();
  if (!content.others.empty())
    throw IoError(text(name, ": expected a tensor as the entry ", content.others.front()));
  return std::move(content.tensors);
}

std::vector<NamedTensor> read_torch_legacy(const std::string& path) {
  return parse_torch_legacy(read_file(path), path);
}

}  // namespace lvtino
