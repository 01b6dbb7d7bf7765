#include "priors/nn/weights.hpp"

#include <numeric>

#include "lvtino/core/error.hpp"

namespace lvtino::nn {
namespace {

constexpr std::size_t kMostNamed = 20;

Tensor without_memory(const Shape& shape) {
  return at::empty(shape, at::TensorOptions().dtype(at::kFloat).device(at::kMeta));
}

std::string list(const char* what, const std::vector<std::string>& names) {
  if (names.empty()) return "";
  std::string out = text("\n  ", what, " (", names.size(), "):");
  for (std::size_t i = 0; i < std::min(names.size(), kMostNamed); ++i) out += " " + names[i];
  return names.size() > kMostNamed ? out + " ..." : out;
}

// What the file must hold for a tensor of this shape.
Shape stored_shape(const StoredAs& stored, Shape shape) {
  if (stored.form == StoredAs::Form::transposed) std::swap(shape.at(0), shape.at(1));
  if (!shape.empty()) shape[0] *= stored.parts;
  return shape;
}

Shape without_ones(const Shape& shape) {
  Shape out;
  std::copy_if(shape.begin(), shape.end(), std::back_inserter(out),
               [](std::int64_t n) { return n != 1; });
  return out;
}

bool ends_with(const std::string& name, const std::string& end) {
  return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

Tensor WeightList::take(const std::string& name, const Shape& shape) {
  if (!tensors_.emplace(name, shape).second)
    throw ShapeError(text("network: the tensor ", name, " is asked for twice"));
  return without_memory(shape);
}

Tensor RandomWeights::take(const std::string& name, const Shape& shape) {
  const Rng own = rng_.fork(name);
  // A vector has one extent that is not 1: gains of some networks are [C, 1, 1].
  const bool vector = without_ones(shape).size() <= 1;
  const std::int64_t count = element_count(shape);
  const double deviation = vector ? 0.1 : std::sqrt(double(shape[0]) / double(count));
  const bool gain = vector && (ends_with(name, "weight") || ends_with(name, "gamma"));
  const Placement drawn{placement_.dtype == at::kDouble ? at::kDouble : at::kFloat};
  // A piece at a time: wider numbers of large tensors, as they come and go, leave holes in the
  // heap.
  constexpr std::int64_t kPiece = 1 << 20;
  Tensor out = at::empty(shape, placement_.options());
  const Tensor flat = out.view(-1);
  for (std::int64_t first = 0; first < count; first += kPiece) {
    const std::int64_t some = std::min(kPiece, count - first);
    flat.narrow(0, first, some)
        .copy_(own.normal({some}, drawn, first).mul_(deviation).add_(gain ? 1 : 0));
  }
  return out;
}

StoredWeights::StoredWeights(const NamedTensors& tensors, std::string origin, Naming naming,
                             Placement placement)
    : tensors_(tensors),
      origin_(std::move(origin)),
      naming_(std::move(naming)),
      placement_(placement) {}

Tensor StoredWeights::take(const std::string& name, const Shape& shape) {
  const StoredAs stored = naming_(name);
  used_[stored.key] = true;
  const auto found = tensors_.find(stored.key);
  if (found == tensors_.end()) {
    if (stored.part == 0) missing_.push_back(stored.key);
    return without_memory(shape);
  }
  const Shape expected = stored_shape(stored, shape), got = shape_of(found->second);
  const bool fits = stored.form == StoredAs::Form::flattened
                        ? without_ones(got) == without_ones(expected)
                        : got == expected;
  if (!fits) {
    misshapen_.push_back(
        text(stored.key, " expected ", to_string(expected), " got ", to_string(got)));
    return without_memory(shape);
  }
  Tensor tensor = found->second;
  if (stored.parts > 1) tensor = tensor.chunk(stored.parts, 0)[stored.part];
  if (stored.form == StoredAs::Form::transposed) tensor = tensor.t();
  // A copy even where nothing changes: the file may go away.
  return tensor.to(placement_.options(), /*non_blocking=*/false, /*copy=*/true)
      .reshape(shape)
      .contiguous();
}

void StoredWeights::finish(const std::function<bool(const std::string&)>& ignored) const {
  const Differences found = differences(ignored);
  if (found.none()) return;
  throw IoError(text(origin_, ": not the weights of this network", found.words()));
}

Differences StoredWeights::differences(
    const std::function<bool(const std::string&)>& ignored) const {
  Differences out{missing_, misshapen_, {}};
  for (const auto& [key, tensor] : tensors_)
    if (!used_.count(key) && !(ignored && ignored(key))) out.unexpected.push_back(key);
  return out;
}

std::string StoredWeights::prefix() const {
  if (used_.empty()) return "";
  // Of sorted names, the first and the last have least in common.
  const std::string &first = used_.begin()->first, &last = used_.rbegin()->first;
  const auto shared = std::mismatch(first.begin(), first.end(), last.begin(), last.end()).first;
  const auto dot = std::string(first.begin(), shared).rfind('.');
  return dot == std::string::npos ? "" : first.substr(0, dot + 1);
}

std::string Differences::words() const {
  return list("missing", missing) + list("misshapen", misshapen) + list("unexpected", unexpected);
}

TensorList in_naming(const TensorList& tensors, const Naming& naming) {
  TensorList out;
  for (const auto& [name, shape] : tensors) {
    const StoredAs stored = naming(name);
    Shape kept = stored_shape(stored, shape);
    // The one case of another number of axes: linear maps kept as 1 x 1 convolutions.
    if (stored.form == StoredAs::Form::flattened && kept.size() == 2) kept.insert(kept.end(), 2, 1);
    out[stored.key] = kept;
  }
  return out;
}

NamedTensors stored_in(const NamedTensors& tensors, const Naming& naming) {
  NamedTensors out;
  std::map<std::string, std::vector<Tensor>> joined;
  for (const auto& [name, tensor] : tensors) {
    const StoredAs stored = naming(name);
    Tensor kept = tensor;
    if (stored.form == StoredAs::Form::transposed) kept = kept.t();
    if (stored.form == StoredAs::Form::flattened && kept.dim() == 2)
      kept = kept.unsqueeze(2).unsqueeze(3);
    auto& parts = joined[stored.key];
    parts.resize(std::size_t(stored.parts));
    parts.at(std::size_t(stored.part)) = kept;
  }
  for (const auto& [key, parts] : joined) {
    for (const Tensor& part : parts)
      if (!part.defined()) throw ShapeError(text("network: a part of ", key, " is missing"));
    out[key] = at::cat(parts, 0).contiguous();
  }
  return out;
}

std::string canonical_listing(const TensorList& tensors) {
  std::string out;
  for (const auto& [key, shape] : tensors) {
    out += key + "\t";
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (i > 0) out += 'x';
      out += std::to_string(shape[i]);
    }
    out += "\n";
  }
  return out;
}

}  // namespace lvtino::nn
