#pragma once

#include <functional>
#include <map>
#include <string>

#include "lvtino/core/rng.hpp"
#include "priors/nn/safetensors.hpp"

namespace lvtino::nn {

/// Names and shapes of a network's tensors.
using TensorList = std::map<std::string, Shape>;

/// Who hands a network its tensors while it is being built.
class WeightSource {
 public:
  virtual ~WeightSource() = default;
  /// The tensor called `name` in the network's own naming; has that shape.
  virtual Tensor take(const std::string& name, const Shape& shape) = 0;
};

/// A place in the tree of a network's tensors, from which a module asks for what lies below:
/// `Weights(source)["blocks"][3]["norm3"].take("weight", {1536})` is "blocks.3.norm3.weight".
///
/// A network is built by one pass of such calls. The same pass lists the tensors (WeightList),
/// loads a file (StoredWeights) and makes an untrained network (RandomWeights), so that the three
/// cannot disagree.
class Weights {
 public:
  explicit Weights(WeightSource& source) : Weights(source, "") {}
  Weights operator[](const std::string& child) const { return {*source_, prefix_ + child + "."}; }
  Weights operator[](std::int64_t child) const { return (*this)[std::to_string(child)]; }
  Tensor take(const std::string& name, const Shape& shape) const {
    return source_->take(prefix_ + name, shape);
  }

 private:
  Weights(WeightSource& source, std::string prefix)
      : source_(&source), prefix_(std::move(prefix)) {}
  WeightSource* source_;
  std::string prefix_;
};

/// Collects names and shapes. Its tensors are on the meta device: they have a shape and no memory.
class WeightList final : public WeightSource {
 public:
  Tensor take(const std::string& name, const Shape& shape) override;
  const TensorList& tensors() const { return tensors_; }

 private:
  TensorList tensors_;
};

/// An untrained network: entries N(0, 1 / fan-in) for weights, 1 + N(0, .01) for vectors named
/// "weight" or "gamma" (gains), N(0, .01) for other vectors. Nothing is 0 or 1 throughout, so that
/// no part is hidden in a comparison. Each tensor depends on the seed and its name alone.
class RandomWeights final : public WeightSource {
 public:
  RandomWeights(const Rng& rng, Placement placement) : rng_(rng), placement_(placement) {}
  Tensor take(const std::string& name, const Shape& shape) override;

 private:
  Rng rng_;
  Placement placement_;
};

/// Where a file keeps a tensor of a network.
struct StoredAs {
  enum class Form {
    same,        ///< as it is
    flattened,   ///< with other extents of 1, say a linear map kept as a 1 x 1 convolution
    transposed,  ///< a matrix, transposed
  };
  std::string key;
  Form form = Form::same;
  std::int64_t part = 0;   ///< which of `parts` equal parts along the first axis
  std::int64_t parts = 1;  ///< more than 1 where a file keeps several tensors as one
};

/// A naming scheme: the network's name of a tensor to the file's.
using Naming = std::function<StoredAs(const std::string&)>;

/// How a file strays from what a network asks for, in the file's naming.
struct Differences {
  std::vector<std::string> missing, misshapen, unexpected;
  bool none() const { return missing.empty() && misshapen.empty() && unexpected.empty(); }
  /// One line for each of the three that is not empty, with the first twenty names; each begins
  /// with a line break.
  std::string words() const;
};

/// The tensors of a file, which are in some naming scheme, for a network.
class StoredWeights final : public WeightSource {
 public:
  /// `tensors` may be views of a mapped file: each is copied to `placement` when it is asked for.
  /// `origin` names the file in messages.
  StoredWeights(const NamedTensors& tensors, std::string origin, Naming naming,
                Placement placement);

  /// A tensor that is missing or misshapen is noted, and stands as a meta tensor until `finish`.
  Tensor take(const std::string& name, const Shape& shape) override;

  /// Throws IoError that lists every missing, misshapen and unexpected tensor (the first twenty of
  /// each), in the file's naming. A key for which `ignored` says so may be there.
  void finish(const std::function<bool(const std::string&)>& ignored = {}) const;

  /// What `finish` would complain of.
  Differences differences(const std::function<bool(const std::string&)>& ignored = {}) const;

  /// Whether a key of the file was asked for.
  bool asked_for(const std::string& key) const { return used_.count(key) > 0; }

  /// The beginning, up to a dot, that all keys asked for share: in a file that holds several
  /// networks, what is outside of it belongs to others. "" where there is none.
  std::string prefix() const;

 private:
  const NamedTensors& tensors_;
  std::string origin_;
  Naming naming_;
  Placement placement_;
  std::map<std::string, bool> used_;
  std::vector<std::string> missing_, misshapen_;
};

/// The tensors of a list as a file of that naming scheme keeps them.
TensorList in_naming(const TensorList& tensors, const Naming& naming);

/// The same for the tensors themselves: what StoredWeights reads back. Throws ShapeError where a
/// tensor is missing that the file keeps as one with others.
NamedTensors stored_in(const NamedTensors& tensors, const Naming& naming);

/// One line "key<TAB>d0xd1x..." a tensor, sorted by key, each ended by a newline: what a checkpoint
/// is recognised by.
std::string canonical_listing(const TensorList& tensors);

}  // namespace lvtino::nn
