#include "solvers/box.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"
#include "solvers/box_kernels.hpp"

namespace lvtino {
namespace {

template <class Body>
auto with_type(const Tensor& x, const Body& body) {
  return x.scalar_type() == at::kFloat ? body(float()) : body(double());
}

}  // namespace

void Box::require_valid() const {
  if (!(low < high) || !std::isfinite(low) || !std::isfinite(high))
    throw NumericalError(text("box: expected finite low < high, got ", low, ", ", high));
}

void Box::project(const Tensor& x, Tensor& out) const { at::clamp_out(out, x, low, high); }

bool Box::contains(const Tensor& x) const {
  return with_type(x, [&](auto zero) {
    using T = decltype(zero);
    // The bounds as the tensor's type holds them: what a projection leaves lies within.
    return x.ge(double(T(low))).logical_and_(x.le(double(T(high)))).all().template item<bool>();
  });
}

void Box::dual_step(const Tensor& x, const Tensor& previous, double theta, double step,
                    double relaxation, Tensor& r) const {
  with_type(x, [&](auto zero) {
    using T = decltype(zero);
    kernels::box_dual_step<T>(x.numel(), x.const_data_ptr<T>(), previous.const_data_ptr<T>(), T(theta),
                              T(step), T(relaxation), T(low), T(high), r.mutable_data_ptr<T>());
  });
}

double Box::shift(const Tensor& u, const Tensor& r, double gamma, Tensor& k) const {
  return with_type(u, [&](auto zero) {
    using T = decltype(zero);
    return kernels::box_shift<T>(u.numel(), u.const_data_ptr<T>(), r.const_data_ptr<T>(), gamma, low,
                                 high, k.mutable_data_ptr<T>());
  });
}

}  // namespace lvtino
