#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "priors/nn/pickle.hpp"
#include "priors/nn/torch_tensors.hpp"

namespace lvtino {

/// The part of torch that the pickle of a checkpoint may name, stream or zip: storages, views of
/// them, parameters that wrap such views. Everything else is refused by name.
///
/// Globals: collections.OrderedDict; torch._utils._rebuild_tensor, _rebuild_tensor_v2 and
/// _rebuild_parameter; torch.{Float,Double,Half,BFloat16,Long,Int,Short,Char,Byte,Bool}Storage.
/// Every view is checked to lie in its storage and to have no more elements than it.
class TorchObjects final : public pickle::Host {
 public:
  struct Storage {
    std::string key;
    at::ScalarType type;
    std::int64_t count;
    Tensor numbers = {};  ///< for the reader of the container to fill in, [count]
  };
  /// What a dictionary of the root holds, its path joined by dots ("generator.conv.weight").
  struct Named {
    std::string name;
    std::optional<std::int64_t> view;  ///< none: the entry is no tensor
  };

  /// `machine` runs the pickles; it must outlive the object.
  explicit TorchObjects(const pickle::Machine& machine) : machine_(&machine) {}

  std::vector<Storage>& storages() { return storages_; }
  /// The storage with this key; null if no tensor has one.
  Storage* find_storage(std::string_view key);

  /// Everything in the dictionary `root` and in those inside of it, in the order of the file.
  /// Throws IoError unless it is a dictionary with names as keys, each once, nested at most 16
  /// deep; the memory of the names is bounded by `pickle_bytes`, the size of the pickle.
  std::vector<Named> names(const pickle::Value& root, std::uint64_t pickle_bytes) const;

  /// The tensors of the views, which share the memory of the storages: these must be there.
  TorchTensors tensors(const std::vector<Named>& names) const;

 private:
  struct View {
    std::size_t storage;
    std::int64_t offset;
    Shape sizes, strides;
  };
  struct Walk;

  void check_global(std::string_view global) override;
  std::int64_t call(std::string_view global, const std::vector<pickle::Value>& arguments) override;
  std::int64_t persistent(const pickle::Value& id) override;
  std::int64_t rebuild(std::string_view global, const std::vector<pickle::Value>& arguments);
  Shape numbers(const pickle::Value& tuple) const;
  void check(const View& view) const;
  void walk(const pickle::Value& dictionary, const std::string& prefix, int depth,
            Walk& state) const;

  const pickle::Machine* machine_;
  std::map<std::string_view, std::size_t> by_key_;  // keys lie in the file
  std::vector<Storage> storages_;
  std::vector<View> views_;
};

}  // namespace lvtino
