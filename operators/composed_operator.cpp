#include "operators/composed_operator.hpp"

#include "lvtino/core/error.hpp"
#include "operators/separable_operator.hpp"
#include "operators/stack_operator.hpp"

namespace lvtino {
namespace {

std::string joined_names(const std::vector<OperatorPtr>& stages) {
  std::string name;
  for (const OperatorPtr& stage : stages) name = stage->name() + (name.empty() ? "" : " after ") + name;
  return name;
}

class ComposedOperator final : public LinearOperator {
 public:
  explicit ComposedOperator(std::vector<OperatorPtr> stages)
      : LinearOperator(joined_names(stages), stages.front()->domain(), stages.back()->range(),
                       stages.front()->placement()),
        stages_(std::move(stages)) {}

 private:
  Tensor do_apply(const Tensor& x) const override {
    Tensor out = x;
    for (const OperatorPtr& stage : stages_) out = stage->apply(out);
    return out;
  }
  Tensor do_adjoint(const Tensor& y) const override {
    Tensor out = y;
    for (auto stage = stages_.rbegin(); stage != stages_.rend(); ++stage)
      out = (*stage)->adjoint(out);
    return out;
  }

  std::vector<OperatorPtr> stages_;
};

// (A_1, ..., A_P) B = (A_1 B, ..., A_P B): each part keeps its own exact form.
OperatorPtr stacked_after(const std::vector<OperatorPtr>& first, const StackOperator& stack) {
  std::vector<OperatorPtr> parts;
  for (const OperatorPtr& part : stack.parts()) {
    std::vector<OperatorPtr> stages = first;
    stages.push_back(part);
    parts.push_back(compose(stages));
  }
  return std::make_shared<StackOperator>(std::move(parts));
}

}  // namespace

OperatorPtr compose(const std::vector<OperatorPtr>& stages) {
  if (stages.empty()) throw ShapeError("compose: expected at least one operator");
  std::vector<OperatorPtr> merged;
  for (const OperatorPtr& stage : stages) {
    if (!merged.empty()) {
      const LinearOperator& last = *merged.back();
      if (last.range() != stage->domain())
        throw ShapeError(text("compose: ", last.name(), " gives ", to_string(last.range()), ", but ",
                              stage->name(), " takes ", to_string(stage->domain())));
      if (last.placement() != stage->placement())
        throw PlacementError(text("compose: ", last.name(), " gives ", to_string(last.placement()),
                                  ", but ", stage->name(), " takes ",
                                  to_string(stage->placement())));
      if (const auto stack = std::dynamic_pointer_cast<const StackOperator>(stage)) {
        merged = {stacked_after(merged, *stack)};
        continue;
      }
      const auto first = std::dynamic_pointer_cast<const SeparableOperator>(merged.back());
      const auto second = std::dynamic_pointer_cast<const SeparableOperator>(stage);
      if (first && second) {
        merged.back() = compose_separable(*second, *first);
        continue;
      }
    }
    merged.push_back(stage);
  }
  if (merged.size() == 1) return merged.front();
  return std::make_shared<ComposedOperator>(std::move(merged));
}

}  // namespace lvtino
