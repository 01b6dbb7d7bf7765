#pragma once

#include "operators/forward_model.hpp"
#include "operators/linear_operator.hpp"

namespace lvtino {

/// A non-decreasing curve f applied to every value.
class ToneCurve {
 public:
  virtual ~ToneCurve() = default;
  virtual Tensor value(const Tensor& x) const = 0;
  /// f'(x); at a kink that of the side towards larger values.
  virtual Tensor slope(const Tensor& x) const = 0;
  /// The largest x with f(x) <= y, infinite if all are: {x : l <= f(x) <= u} is the interval from
  /// `inverse(l)` to `inverse(u)` wherever f increases strictly at l.
  virtual Tensor inverse(const Tensor& y) const = 0;
};

/// f(x) = x.
std::shared_ptr<const ToneCurve> linear_curve();
/// f(x) = x^(1/gamma) above 1/64 and its tangent below, so that the slope is finite everywhere.
/// Throws NumericalError unless gamma >= 1 is finite.
std::shared_ptr<const ToneCurve> gamma_curve(double gamma);
/// A soft shoulder that saturates at 1: x up to `knee`, then
/// 1 - (1 - knee) exp(-(x - knee)/(1 - knee)); once differentiable. Throws NumericalError unless
/// 0 <= knee < 1.
std::shared_ptr<const ToneCurve> shoulder_curve(double knee);
/// Hard saturation: f(x) = min(max(x, 0), 1).
std::shared_ptr<const ToneCurve> clipping_curve();

/// y = f(A x), with exact derivatives: F'(x) v = f'(A x) * A v and F'(x)'w = A'(f'(A x) * w).
class CurvedModel final : public ForwardModel {
 public:
  CurvedModel(std::string name, OperatorPtr a, std::shared_ptr<const ToneCurve> curve);

 private:
  Tensor do_apply(const Tensor& x) const override;
  Tensor do_derivative(const Tensor& x, const Tensor& v) const override;
  Tensor do_adjoint_derivative(const Tensor& x, const Tensor& w) const override;

  OperatorPtr op_;
  std::shared_ptr<const ToneCurve> curve_;
};

}  // namespace lvtino
