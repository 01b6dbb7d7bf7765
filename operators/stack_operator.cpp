#include "operators/stack_operator.hpp"

#include <algorithm>
#include <optional>

#include "lvtino/core/error.hpp"
#include "operators/circular_convolution.hpp"
#include "operators/diagonal_factors.hpp"
#include "operators/mask_operator.hpp"
#include "operators/mosaic_operator.hpp"
#include "operators/separable_factors.hpp"
#include "operators/separable_operator.hpp"

namespace lvtino {
namespace {

const LinearOperator& first_of(const std::vector<OperatorPtr>& parts) {
  if (parts.empty()) throw ShapeError("stack: expected at least one operator");
  return *parts.front();
}

std::string joined_names(const std::vector<OperatorPtr>& parts) {
  std::string name;
  for (const OperatorPtr& part : parts) name += (name.empty() ? "" : " beside ") + part->name();
  return name;
}

std::int64_t values_a_sample(const LinearOperator& part) {
  return element_count(part.range()) / part.range()[0];
}

Shape flat_range(const std::vector<OperatorPtr>& parts) {
  std::int64_t values = 0;
  for (const OperatorPtr& part : parts) values += values_a_sample(*part);
  return {parts.front()->domain().at(0), 1, 1, 1, values};
}

// All parts as operators of one kind, or nothing.
template <class Kind>
std::vector<std::shared_ptr<const Kind>> all_of_kind(const std::vector<OperatorPtr>& parts) {
  std::vector<std::shared_ptr<const Kind>> out;
  for (const OperatorPtr& part : parts)
    if (auto found = std::dynamic_pointer_cast<const Kind>(part)) out.push_back(std::move(found));
  if (out.size() != parts.size()) out.clear();
  return out;
}

// The diagonal of M'M if every row of M is one sample.
std::optional<Tensor> selection_diagonal(const AxisMap& map) {
  const Tensor diagonal = at::zeros({map.columns()}, at::kDouble);
  for (std::int64_t i = 0; i < map.rows(); ++i) {
    const auto k = std::size_t(map.offsets()[std::size_t(i)]);
    if (map.offsets()[std::size_t(i) + 1] != std::int64_t(k) + 1 || map.weights()[k] != 1) return {};
    diagonal[map.indices()[k]] += 1.0;
  }
  return diagonal;
}

// The diagonal of A'A of a part that only selects pixels, broadcasting to the domain.
std::optional<Tensor> selection_diagonal(const LinearOperator& part) {
  if (const auto* mask = dynamic_cast<const MaskOperator*>(&part)) return mask->mask();
  if (const auto* mosaic = dynamic_cast<const MosaicOperator*>(&part)) return mosaic->mask();
  const auto* a = dynamic_cast<const SeparableOperator*>(&part);
  if (!a) return {};
  Tensor out = at::ones({1, 1, 1, 1, 1}, at::kDouble);
  std::int64_t axis = 1;
  for (const AxisMap* map : {&a->channel(), &a->time(), &a->height(), &a->width()}) {
    const auto diagonal = selection_diagonal(*map);
    if (!diagonal) return {};
    std::vector<std::int64_t> shape = {1, 1, 1, 1, 1};
    shape[std::size_t(axis++)] = map->columns();
    out = out * diagonal->view(shape);
  }
  return out;
}

std::shared_ptr<const GramFactors> separable_stack(const std::vector<OperatorPtr>& parts) {
  const auto separable = all_of_kind<SeparableOperator>(parts);
  if (separable.empty()) return nullptr;
  std::array<std::vector<const AxisMap*>, 4> maps;
  for (const auto& a : separable) {
    maps[0].push_back(&a->channel()), maps[1].push_back(&a->time());
    maps[2].push_back(&a->height()), maps[3].push_back(&a->width());
  }
  std::array<AxisSpectrum, 4> axes;
  for (std::size_t axis = 0; axis < 4; ++axis) {
    auto found = common_spectrum(maps[axis]);
    if (!found) return nullptr;
    axes[axis] = std::move(*found);
  }
  return std::make_shared<SeparableFactors>(GramFactors::Side::domain, parts.front()->domain(),
                                            std::move(axes));
}

std::shared_ptr<const GramFactors> selection_stack(const std::vector<OperatorPtr>& parts) {
  const LinearOperator& first = *parts.front();
  Tensor sum = at::zeros({1, 1, 1, 1, 1}, at::kDouble);
  for (const OperatorPtr& part : parts) {
    const auto diagonal = selection_diagonal(*part);
    if (!diagonal) return nullptr;
    sum = sum + diagonal->to(at::kDouble);
  }
  std::vector<double> distinct;
  const Tensor values = std::get<0>(at::_unique(sum.contiguous())).to(at::kCPU);
  for (std::int64_t k = 0; k < values.numel(); ++k) distinct.push_back(values[k].item<double>());
  return std::make_shared<DiagonalFactors>(GramFactors::Side::domain,
                                           sum.to(first.placement().device, first.placement().dtype),
                                           std::move(distinct));
}

std::shared_ptr<const GramFactors> fourier_stack(const std::vector<OperatorPtr>& parts) {
  const auto convolutions = all_of_kind<CircularConvolution>(parts);
  if (convolutions.empty()) return nullptr;
  Tensor power = convolutions.front()->power();
  for (std::size_t p = 1; p < convolutions.size(); ++p) power = power + convolutions[p]->power();
  return fourier_factors(power);
}

}  // namespace

StackOperator::StackOperator(std::vector<OperatorPtr> parts)
    : LinearOperator(joined_names(parts), first_of(parts).domain(), flat_range(parts),
                     first_of(parts).placement()),
      parts_(std::move(parts)) {
  for (const OperatorPtr& part : parts_) {
    if (part->domain() != domain())
      throw ShapeError(text("stack: ", parts_.front()->name(), " takes ", to_string(domain()), ", but ",
                            part->name(), " takes ", to_string(part->domain())));
    if (part->placement() != placement())
      throw PlacementError(text("stack: ", parts_.front()->name(), " is ", to_string(placement()),
                                ", but ", part->name(), " is ", to_string(part->placement())));
  }
}

std::vector<Tensor> StackOperator::split(const Tensor& y) const {
  require(y, range(), placement_of(y), name() + ": input of split");
  std::vector<Tensor> out;
  std::int64_t first = 0;
  for (const OperatorPtr& part : parts_) {
    const std::int64_t count = values_a_sample(*part);
    out.push_back(y.narrow(4, first, count).reshape(part->range()).contiguous());
    first += count;
  }
  return out;
}

Tensor StackOperator::do_apply(const Tensor& x) const {
  std::vector<Tensor> flat;
  for (const OperatorPtr& part : parts_)
    flat.push_back(part->apply(x).view({domain()[0], 1, 1, 1, values_a_sample(*part)}));
  return at::cat(flat, 4);
}

Tensor StackOperator::do_adjoint(const Tensor& y) const {
  const std::vector<Tensor> measured = split(y);
  Tensor x = parts_.front()->adjoint(measured.front());
  for (std::size_t p = 1; p < parts_.size(); ++p) parts_[p]->adjoint_add_in_place(x, 1, measured[p]);
  return x;
}

void StackOperator::do_adjoint_add(const Tensor& v, double scale, const Tensor& y, Tensor& out) const {
  const std::vector<Tensor> measured = split(y);
  if (!out.is_same(v)) out.copy_(v);
  for (std::size_t p = 0; p < parts_.size(); ++p)
    parts_[p]->adjoint_add_in_place(out, scale, measured[p]);
}

std::shared_ptr<const GramFactors> StackOperator::gram_factors() const {
  if (auto factors = selection_stack(parts_)) return factors;
  if (auto factors = separable_stack(parts_)) return factors;
  return fourier_stack(parts_);
}

}  // namespace lvtino
