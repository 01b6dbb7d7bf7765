#include "priors/nn/torch_objects.hpp"

#include <algorithm>

#include "lvtino/core/error.hpp"
#include "priors/nn/stored_bytes.hpp"

namespace lvtino {
namespace {

using pickle::Value;
using Kind = Value::Kind;

constexpr std::size_t kMostAxes = 16;
constexpr int kDeepest = 16;
constexpr std::string_view kRebuild = "torch._utils _rebuild_tensor";
constexpr std::string_view kRebuild2 = "torch._utils _rebuild_tensor_v2";
constexpr std::string_view kParameter = "torch._utils _rebuild_parameter";

std::optional<at::ScalarType> storage_type(std::string_view global) {
  for (const nn::StoredDtype& known : nn::stored_dtypes())
    if (*known.storage && global == text("torch ", known.storage)) return known.type;
  return {};
}

// Objects are numbered: storages 0, 1, .. and views -1, -2, ..
bool is_view(const Value& value) { return value.is(Kind::object) && value.integer < 0; }
bool is_storage(const Value& value) { return value.is(Kind::object) && value.integer >= 0; }

}  // namespace

struct TorchObjects::Walk {
  std::vector<Named> found;
  std::set<std::string> names;
  std::uint64_t budget;  // bytes of names: shared dictionaries could multiply them without end
};

TorchObjects::Storage* TorchObjects::find_storage(std::string_view key) {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? nullptr : &storages_[found->second];
}

std::vector<TorchObjects::Named> TorchObjects::names(const Value& root,
                                                     std::uint64_t pickle_bytes) const {
  if (!root.is(Kind::dict)) machine_->fail("expected a dictionary of tensors");
  Walk state{.budget = 8 * pickle_bytes};
  walk(root, "", 0, state);
  return std::move(state.found);
}

void TorchObjects::walk(const Value& dictionary, const std::string& prefix, int depth,
                        Walk& state) const {
  if (depth == kDeepest)
    machine_->fail(text("dictionaries nested deeper than ", kDeepest, " at ", prefix));
  const auto& entries = dictionary.items->values;
  for (std::size_t i = 0; i + 1 < entries.size(); i += 2) {
    const Value &key = entries[i], &value = entries[i + 1];
    if (!key.is(Kind::text)) machine_->fail("expected names as the keys of the dictionary");
    const std::uint64_t length = prefix.size() + key.text.size() + 1;
    if (length > state.budget) machine_->fail("dictionaries that hold one another many times");
    state.budget -= length;
    std::string name = prefix + std::string(key.text);
    if (!state.names.insert(name).second) machine_->fail(text("the entry ", name, " comes twice"));
    if (value.is(Kind::dict)) {
      walk(value, name + ".", depth + 1, state);
      continue;
    }
    Named named{.name = std::move(name)};
    if (is_view(value)) named.view = value.integer;
    state.found.push_back(std::move(named));
  }
}

TorchTensors TorchObjects::tensors(const std::vector<Named>& names) const {
  TorchTensors out;
  for (const auto& [name, number] : names) {
    if (!number) {
      out.others.push_back(name);
      continue;
    }
    const View& view = views_[std::size_t(-1 - *number)];
    out.tensors.push_back(
        {name, storages_[view.storage].numbers.as_strided(view.sizes, view.strides, view.offset)});
  }
  return out;
}

void TorchObjects::check_global(std::string_view global) {
  if (global != pickle::kOrderedDict && global != kRebuild && global != kRebuild2 &&
      global != kParameter && !storage_type(global))
    machine_->fail(text("the global ", global,
                        " is not allowed: expected dictionaries of tensors of floating-point "
                        "numbers, integers or booleans and nothing else"));
}

// ("storage", type, key, device, count) and, in streams, None.
std::int64_t TorchObjects::persistent(const Value& id) {
  static const std::vector<Value> none;
  const auto& parts = id.is(Kind::tuple) ? id.items->values : none;
  if ((parts.size() != 5 && parts.size() != 6) || !parts[0].is(Kind::text) ||
      parts[0].text != "storage" || !parts[1].is(Kind::global) || !parts[2].is(Kind::text) ||
      !parts[4].is(Kind::integer))
    machine_->fail("expected a persistent id that describes a storage");
  if (parts.size() == 6 && !parts[5].is(Kind::none))
    machine_->fail("storages that share memory are not supported");
  std::string global(parts[1].text);
  global[global.find('\n')] = ' ';
  const auto type = storage_type(global);
  if (!type) machine_->fail(text("expected the type of a storage, got ", global));
  const std::int64_t count = parts[4].integer;
  const auto [known, fresh] = by_key_.try_emplace(parts[2].text, storages_.size());
  if (fresh) {
    if (count < 0) machine_->fail(text("a storage of ", count, " numbers"));
    storages_.push_back({std::string(parts[2].text), *type, count});
  } else if (const Storage& same = storages_[known->second];
             same.type != *type || same.count != count) {
    machine_->fail(text("two descriptions of the storage ", parts[2].text));
  }
  return std::int64_t(known->second);
}

std::int64_t TorchObjects::call(std::string_view global, const std::vector<Value>& arguments) {
  if (global != kParameter) return rebuild(global, arguments);
  // (tensor, requires_grad, hooks): the tensor itself.
  if (arguments.size() != 3 || !is_view(arguments[0]))
    machine_->fail(text("expected a tensor in the call of ", global));
  return arguments[0].integer;
}

// (storage, offset, sizes, strides) and, of the second version, (requires_grad, hooks): dropped.
std::int64_t TorchObjects::rebuild(std::string_view global, const std::vector<Value>& arguments) {
  const std::size_t least = global == kRebuild ? 4 : 6;
  if ((global != kRebuild && global != kRebuild2) || arguments.size() < least ||
      arguments.size() > least + 1 || !is_storage(arguments[0]) || !arguments[1].is(Kind::integer))
    machine_->fail(
        text("expected a tensor's storage, offset, sizes and strides in the call of ", global));
  View view{std::size_t(arguments[0].integer), arguments[1].integer, numbers(arguments[2]),
            numbers(arguments[3])};
  check(view);
  views_.push_back(std::move(view));
  return -std::int64_t(views_.size());
}

Shape TorchObjects::numbers(const Value& tuple) const {
  if (!tuple.is(Kind::tuple) || tuple.items->values.size() > kMostAxes)
    machine_->fail(text("expected a tuple of at most ", kMostAxes, " sizes or strides"));
  Shape out;
  for (const Value& value : tuple.items->values) {
    if (!value.is(Kind::integer) || value.integer < 0)
      machine_->fail("expected sizes and strides >= 0");
    out.push_back(value.integer);
  }
  return out;
}

// Every element lies in the storage, and there are no more elements than the storage has.
void TorchObjects::check(const View& view) const {
  const std::int64_t count = storages_[view.storage].count;
  bool fits = view.sizes.size() == view.strides.size() && view.offset >= 0 && view.offset <= count;
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
    machine_->fail(text("a tensor of sizes ", to_string(view.sizes), ", strides ",
                        to_string(view.strides), " and offset ", view.offset,
                        " does not fit its storage of ", count, " numbers"));
}

}  // namespace lvtino
