#include "lvtino/core/operation_count.hpp"

#include <ATen/record_function.h>

#include <string_view>

#include "lvtino/core/tensor.hpp"

namespace lvtino {
namespace {

struct Tally {
  double operations = 0;
  int depth = 0;  // counted functions that this thread is inside of
};
thread_local Tally tally;

// Known when the function begins: of each element of its result, or of the whole.
struct Counted final : at::ObserverContext {
  double of_element = 0, whole = 0;
};

std::int64_t last_extent(const Tensor& x) { return x.dim() > 0 ? x.size(-1) : 1; }

// Operations of a function by its name and arguments; false for what is not counted.
bool known(std::string_view name, c10::ArrayRef<const c10::IValue> arguments, Counted& out) {
  const auto tensor = [&](std::size_t i) { return arguments.at(i).toTensor(); };
  if (name == "aten::linear" || name == "aten::matmul" || name == "aten::mm" ||
      name == "aten::bmm") {
    out.of_element = 2. * double(last_extent(tensor(0)));
    return true;
  }
  if (name == "aten::addmm" || name == "aten::baddbmm") {
    out.of_element = 2. * double(last_extent(tensor(1)));
    return true;
  }
  if (name == "aten::conv2d" || name == "aten::conv3d" || name == "aten::convolution" ||
      name == "aten::mkldnn_convolution") {
    const Tensor weight = tensor(1);  // [out, in, ...]
    out.of_element = 2. * double(weight.numel()) / double(weight.size(0));
    return true;
  }
  if (name == "aten::scaled_dot_product_attention") {
    const Tensor q = tensor(0), k = tensor(1), v = tensor(2);
    out.whole =
        2. * double(q.numel()) * double(k.size(-2)) * (1 + double(v.size(-1)) / double(q.size(-1)));
    return true;
  }
  return false;
}

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
  auto counted = std::make_unique<Counted>();
  if (!known(function.name(), function.inputs(), *counted)) return nullptr;
  if (tally.depth++ > 0) counted->of_element = counted->whole = 0;
  return counted;
}

void end(const at::RecordFunction& function, at::ObserverContext* context) {
  const auto* counted = static_cast<const Counted*>(context);
  if (!counted) return;
  --tally.depth;
  tally.operations += counted->whole;
  if (counted->of_element > 0 && !function.outputs().empty())
    tally.operations += counted->of_element * double(function.outputs()[0].toTensor().numel());
}

}  // namespace

OperationCount::OperationCount() {
  tally = {};
  handle_ = at::addThreadLocalCallback(at::RecordFunctionCallback(begin, end)
                                           .needsInputs(true)
                                           .needsOutputs(true)
                                           .scopes({at::RecordScope::FUNCTION}));
}

OperationCount::~OperationCount() { at::removeCallback(handle_); }

double OperationCount::operations() const { return tally.operations; }

}  // namespace lvtino
