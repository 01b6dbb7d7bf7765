#include "operators/forward_model.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino {

Tensor ForwardModel::apply(const Tensor& x) const {
  require(x, domain_, placement_, name_);
  return do_apply(x);
}

Tensor ForwardModel::derivative(const Tensor& x, const Tensor& v) const {
  require(x, domain_, placement_, name_);
  require(v, domain_, placement_, name_ + " direction");
  return do_derivative(x, v);
}

Tensor ForwardModel::adjoint_derivative(const Tensor& x, const Tensor& w) const {
  require(x, domain_, placement_, name_);
  require(w, range_, placement_, name_ + " cotangent");
  return do_adjoint_derivative(x, w);
}

Tensor ForwardModel::do_derivative(const Tensor&, const Tensor&) const {
  throw NotSupportedError(text(name_, ": a staircase has no derivative"));
}

Tensor ForwardModel::do_adjoint_derivative(const Tensor&, const Tensor&) const {
  throw NotSupportedError(text(name_, ": a staircase has no derivative"));
}

}  // namespace lvtino
