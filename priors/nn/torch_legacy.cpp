#include "priors/nn/torch_legacy.hpp"

#include <cstring>
#include <map>
#include <optional>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "priors/nn/pickle.hpp"

namespace lvtino {
namespace {

using pickle::Value;
using Kind = Value::Kind;

constexpr std::string_view kMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
constexpr std::int64_t kVersion = 1001;
constexpr std::size_t kMostAxes = 16;
constexpr std::string_view kRebuild = "torch._utils _rebuild_tensor";
constexpr std::string_view kRebuild2 = "torch._utils _rebuild_tensor_v2";

std::optional<at::ScalarType> storage_type(std::string_view global) {
  if (global == "torch FloatStorage") return at::kFloat;
  if (global == "torch DoubleStorage") return at::kDouble;
  if (global == "torch HalfStorage") return at::kHalf;
  if (global == "torch BFloat16Storage") return at::kBFloat16;
  if (global == "torch LongStorage") return at::kLong;
  return {};
}

struct Storage {
  at::ScalarType type;
  std::int64_t count;
  Tensor numbers = {};  ///< once read
};

/// Where a tensor's elements lie in its storage.
struct View {
  std::int64_t storage;
  std::int64_t offset;
  Shape sizes, strides;
};

/// The part of torch that the pickles may name: storages and views of them.
class Checkpoint final : public pickle::Host {
 public:
  Checkpoint(std::string_view bytes, const std::string& name) : machine_(bytes, name) {}

  std::vector<NamedTensor> read() {
    read_head();
    const Value root = machine_.run(*this);
    if (!root.is(Kind::dict)) machine_.fail("expected a dictionary of tensors");
    read_storages();
    std::vector<NamedTensor> out;
    const auto& entries = root.items->values;
    for (std::size_t i = 0; i + 1 < entries.size(); i += 2) {
      const Value &key = entries[i], &value = entries[i + 1];
      if (!key.is(Kind::text)) machine_.fail("expected names as the keys of the dictionary");
      if (!value.is(Kind::object) || !is_view(value.integer))
        machine_.fail(text("expected a tensor as the entry ", key.text));
      out.push_back({std::string(key.text), tensor_of(views_[view_index(value.integer)])});
    }
    return out;
  }

 private:
  // Objects are numbered: storages 0, 1, .. and views -1, -2, ..
  static bool is_view(std::int64_t object) { return object < 0; }
  static std::size_t view_index(std::int64_t object) { return std::size_t(-1 - object); }

  void read_head() {
    if (machine_.left() < 2) machine_.fail("expected a torch checkpoint, got an empty file");
    const Value magic = machine_.run(*this);
    if (!magic.is(Kind::long_integer) || magic.text != kMagic)
      machine_.fail("expected the magic number of a torch checkpoint");
    const Value version = machine_.run(*this);
    if (!version.is(Kind::integer) || version.integer != kVersion)
      machine_.fail(text("expected the checkpoint version ", kVersion));
    const Value facts = machine_.run(*this);
    if (!facts.is(Kind::dict)) machine_.fail("expected facts of the machine that wrote the file");
    const auto& entries = facts.items->values;
    for (std::size_t i = 0; i + 1 < entries.size(); i += 2)
      if (entries[i].is(Kind::text) && entries[i].text == "little_endian" &&
          entries[i + 1].integer != 1)
        machine_.fail("expected little-endian numbers");
  }

  void check_global(std::string_view global) override {
    if (global != pickle::kOrderedDict && global != kRebuild && global != kRebuild2 &&
        !storage_type(global))
      machine_.fail(
          text("the global ", global,
               " is not allowed: expected a dictionary of float32, float64, float16, bfloat16 or "
               "int64 tensors and nothing else"));
  }

  // ("storage", type, key, device, count, None)
  std::int64_t persistent(const Value& id) override {
    static const std::vector<Value> none;
    const auto& parts = id.is(Kind::tuple) ? id.items->values : none;
    if ((parts.size() != 5 && parts.size() != 6) || !parts[0].is(Kind::text) ||
        parts[0].text != "storage" || !parts[1].is(Kind::global) || !parts[2].is(Kind::text) ||
        !parts[4].is(Kind::integer))
      machine_.fail("expected a persistent id that describes a storage");
    if (parts.size() == 6 && !parts[5].is(Kind::none))
      machine_.fail("storages that share memory are not supported");
    std::string global(parts[1].text);
    global[global.find('\n')] = ' ';
    const auto type = storage_type(global);
    if (!type) machine_.fail(text("expected the type of a storage, got ", global));
    const std::int64_t count = parts[4].integer;
    const auto [known, fresh] = by_key_.try_emplace(parts[2].text, std::int64_t(storages_.size()));
    if (fresh) {
      if (count < 0) machine_.fail(text("a storage of ", count, " numbers"));
      storages_.push_back({*type, count});
    } else if (const Storage& same = storages_[std::size_t(known->second)];
               same.type != *type || same.count != count) {
      machine_.fail(text("two descriptions of the storage ", parts[2].text));
    }
    return known->second;
  }

  // (storage, offset, sizes, strides) and, of the second version, (requires_grad, hooks): dropped.
  std::int64_t call(std::string_view global, const std::vector<Value>& arguments) override {
    const std::size_t least = global == kRebuild ? 4 : 6;
    if ((global != kRebuild && global != kRebuild2) || arguments.size() < least ||
        arguments.size() > least + 1 || !arguments[0].is(Kind::object) ||
        is_view(arguments[0].integer) || !arguments[1].is(Kind::integer))
      machine_.fail(
          text("expected a tensor's storage, offset, sizes and strides in the call of ", global));
    View view{arguments[0].integer, arguments[1].integer, numbers(arguments[2]),
              numbers(arguments[3])};
    check(view);
    views_.push_back(std::move(view));
    return -std::int64_t(views_.size());
  }

  Shape numbers(const Value& tuple) const {
    if (!tuple.is(Kind::tuple) || tuple.items->values.size() > kMostAxes)
      machine_.fail(text("expected a tuple of at most ", kMostAxes, " sizes or strides"));
    Shape out;
    for (const Value& value : tuple.items->values) {
      if (!value.is(Kind::integer) || value.integer < 0)
        machine_.fail("expected sizes and strides >= 0");
      out.push_back(value.integer);
    }
    return out;
  }

  // Every element lies in the storage, and there are no more elements than the storage has.
  void check(const View& view) const {
    const std::int64_t count = storages_[std::size_t(view.storage)].count;
    bool fits =
        view.sizes.size() == view.strides.size() && view.offset >= 0 && view.offset <= count;
    const bool empty = std::find(view.sizes.begin(), view.sizes.end(), 0) != view.sizes.end();
    std::int64_t last = view.offset, elements = 1;
    for (std::size_t d = 0; fits && d < view.sizes.size(); ++d) {
      const std::int64_t size = std::max<std::int64_t>(view.sizes[d], 1);
      std::int64_t extent = 0;
      fits = !__builtin_mul_overflow(size - 1, view.strides[d], &extent) &&
             !__builtin_add_overflow(last, extent, &last) &&
             !__builtin_mul_overflow(elements, size, &elements);
    }
    if (!fits || (!empty && (last >= count || elements > count)))
      machine_.fail(text("a tensor of sizes ", to_string(view.sizes), ", strides ",
                         to_string(view.strides), " and offset ", view.offset,
                         " does not fit its storage of ", count, " numbers"));
  }

  void read_storages() {
    const Value keys = machine_.run(*this);
    if (!keys.is(Kind::list)) machine_.fail("expected the list of storages");
    std::size_t read = 0;
    for (const Value& key : keys.items->values) {
      const auto found = key.is(Kind::text) ? by_key_.find(key.text) : by_key_.end();
      if (found == by_key_.end())
        machine_.fail("the list of storages names one that no tensor has");
      Storage& storage = storages_[std::size_t(found->second)];
      if (storage.numbers.defined()) machine_.fail(text("the storage ", key.text, " comes twice"));
      read_storage(storage);
      ++read;
    }
    if (read != storages_.size())
      machine_.fail(text("expected ", storages_.size(), " storages, the file lists ", read));
    if (machine_.left() != 0) machine_.fail(text(machine_.left(), " bytes too many"));
  }

  void read_storage(Storage& storage) {
    const auto count = machine_.take_unsigned(8, "a storage's length");
    if (count != std::uint64_t(storage.count))
      machine_.fail(text("expected a storage of ", storage.count, " numbers, got ", count));
    const auto width = std::uint64_t(at::elementSize(storage.type));
    if (count > machine_.left() / width)  // before anything is allocated
      machine_.fail(text("the file ends within a storage of ", count, " numbers"));
    const std::string_view bytes = machine_.take(count * width, "a storage");
    storage.numbers = at::empty({storage.count}, at::TensorOptions().dtype(storage.type));
    if (!bytes.empty()) std::memcpy(storage.numbers.mutable_data_ptr(), bytes.data(), bytes.size());
  }

  Tensor tensor_of(const View& view) const {
    return storages_[std::size_t(view.storage)].numbers.as_strided(view.sizes, view.strides,
                                                                   view.offset);
  }

  pickle::Machine machine_;
  std::map<std::string_view, std::int64_t> by_key_;
  std::vector<Storage> storages_;
  std::vector<View> views_;
};

}  // namespace

std::vector<NamedTensor> parse_torch_legacy(std::string_view bytes, const std::string& name) {
  if (bytes.substr(0, 4) == std::string_view("PK\x03\x04", 4))
    throw IoError(text(
        name, ": expected a checkpoint in the stream format of torch.save, got a zip archive"));
  return Checkpoint(bytes, name).read();
}

std::vector<NamedTensor> read_torch_legacy(const std::string& path) {
  return parse_torch_legacy(read_file(path), path);
}

}  // namespace lvtino
