#include "operators/linear_operator.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

std::shared_ptr<const GramFactors> factors_or_throw(const LinearOperator& a, const char* what) {
  auto factors = a.gram_factors();
  if (!factors)
    throw NotSupportedError(text(what, ": the operator ", a.name(), " has no exact factors"));
  return factors;
}

}  // namespace

Tensor GramFactors::shifted_inverse(double shift, double scale, const Tensor& r) const {
  return spectral([=](double d) { return 1 / (shift + scale * d); }, r);
}

Tensor LinearOperator::apply(const Tensor& x) const {
  require(x, domain_, placement_, name_ + ": input");
  return do_apply(x);
}

Tensor LinearOperator::adjoint(const Tensor& y) const {
  require(y, range_, placement_, name_ + ": input of the adjoint");
  return do_adjoint(y);
}

Tensor LinearOperator::adjoint_add(const Tensor& v, double scale, const Tensor& y) const {
  require(v, domain_, placement_, name_ + ": addend of the adjoint");
  require(y, range_, placement_, name_ + ": input of the adjoint");
  Tensor out = at::empty_like(v);
  do_adjoint_add(v, scale, y, out);
  return out;
}

void LinearOperator::adjoint_add_in_place(Tensor& v, double scale, const Tensor& y) const {
  require(v, domain_, placement_, name_ + ": addend of the adjoint");
  require(y, range_, placement_, name_ + ": input of the adjoint");
  do_adjoint_add(v, scale, y, v);
}

void LinearOperator::do_adjoint_add(const Tensor& v, double scale, const Tensor& y,
                                    Tensor& out) const {
  at::add_out(out, v, do_adjoint(y), scale);
}

double operator_norm(const LinearOperator& a) {
  return std::sqrt(factors_or_throw(a, "operator_norm")->largest());
}

Tensor pseudo_inverse(const LinearOperator& a, const Tensor& y, double relative_cutoff) {
  return pseudo_inverse(a, *factors_or_throw(a, "pseudo_inverse"), y, relative_cutoff);
}

Tensor pseudo_inverse(const LinearOperator& a, const GramFactors& factors, const Tensor& y,
                      double relative_cutoff) {
  const double cutoff = relative_cutoff * relative_cutoff * factors.largest();
  const auto inverse = [cutoff](double d) { return d > cutoff ? 1 / d : 0; };
  if (factors.side() == GramFactors::Side::range) return a.adjoint(factors.spectral(inverse, y));
  return factors.spectral(inverse, a.adjoint(y));
}

}  // namespace lvtino
