#pragma once

#include "operators/intervals.hpp"
#include "operators/tone_curve.hpp"

namespace lvtino {

/// A sensor's read-out of A x: a tone curve f, saturation at 0 and 1, rounding to multiples of a step.
///
///   y = step round(clip(f(A x)) / step)       (step 0: no rounding)
///
/// A value y says that A x lies between f^-1(y - step/2) and f^-1(y + step/2), of which a thousandth
/// of the step is left out at each end, so that what lies there is read as y in spite of rounding; a
/// saturated value says that A x lies beyond, so that the interval is open.
class Quantizer final : public ForwardModel {
 public:
  struct Options {
    double step = 1.0 / 255;  ///< 1/step must be whole with `saturates`, so that 1 is a level
    bool saturates = true;
  };
  /// Throws NumericalError unless step >= 0 is finite and fits.
  Quantizer(OperatorPtr a, std::shared_ptr<const ToneCurve> curve, Options options);

  /// The videos that could have given y. Throws ShapeError / PlacementError.
  Intervals intervals(const Tensor& y) const;
  /// A x as the values say: f^-1(y), finite.
  Tensor linearised(const Tensor& y) const;
  const OperatorPtr& linear() const { return op_; }

 private:
  Tensor do_apply(const Tensor& x) const override;
  Tensor do_derivative(const Tensor& x, const Tensor& v) const override;
  Tensor do_adjoint_derivative(const Tensor& x, const Tensor& w) const override;
  void require_smooth() const;

  OperatorPtr op_;
  std::shared_ptr<const ToneCurve> curve_;
  Options options_;
};

}  // namespace lvtino
