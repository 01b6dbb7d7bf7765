#include "operators/quantizer.hpp"

#include <cmath>
#include <limits>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

constexpr double kMargin = 1e-3;  // of a step
constexpr double kInfinity = std::numeric_limits<double>::infinity();

}  // namespace

Quantizer::Quantizer(OperatorPtr a, std::shared_ptr<const ToneCurve> curve, Options options)
    : ForwardModel("quantization", a->domain(), a->range(), a->placement()),
      op_(std::move(a)),
      curve_(std::move(curve)),
      options_(options) {
  const double count = options_.step > 0 ? 1 / options_.step : 1;
  const bool whole = std::abs(count - std::round(count)) < 1e-9 * count;
  if (!(options_.step >= 0) || !std::isfinite(options_.step) || (options_.saturates && !whole))
    throw NumericalError(text("quantizer: expected a step >= 0",
                              options_.saturates ? " that divides 1" : "", ", got ", options_.step));
}

Tensor Quantizer::do_apply(const Tensor& x) const {
  Tensor y = curve_->value(op_->apply(x));
  if (options_.saturates) y.clamp_(0, 1);
  if (options_.step > 0) y.div_(options_.step).add_(0.5).floor_().mul_(options_.step);
  return y;
}

void Quantizer::require_smooth() const {
  if (options_.step > 0) throw NotSupportedError("quantization: a staircase has no derivative");
}

Tensor Quantizer::do_derivative(const Tensor& x, const Tensor& v) const {
  require_smooth();
  const Tensor ax = op_->apply(x);
  Tensor slope = curve_->slope(ax);
  if (options_.saturates) slope.mul_(clipping_curve()->slope(curve_->value(ax)));
  return slope.mul_(op_->apply(v));
}

Tensor Quantizer::do_adjoint_derivative(const Tensor& x, const Tensor& w) const {
  require_smooth();
  const Tensor ax = op_->apply(x);
  Tensor slope = curve_->slope(ax);
  if (options_.saturates) slope.mul_(clipping_curve()->slope(curve_->value(ax)));
  return op_->adjoint(slope.mul_(w));
}

Intervals Quantizer::intervals(const Tensor& y) const {
  require(y, range(), placement(), "quantised values");
  const double half = options_.step * (0.5 - kMargin);
  Tensor lower = curve_->inverse(y - half), upper = curve_->inverse(y + half);
  if (options_.saturates) {  // levels are compared half a step away, clear of rounding
    const double near = options_.step > 0 ? half : 0;
    lower.masked_fill_(near > 0 ? y < near : y <= 0, -kInfinity);
    upper.masked_fill_(near > 0 ? y > 1 - near : y >= 1, kInfinity);
  }
  return Intervals(op_, lower, upper);
}

Tensor Quantizer::linearised(const Tensor& y) const {
  require(y, range(), placement(), "quantised values");
  const Tensor x = curve_->inverse(y);
  // Where a curve only reaches 1 in the limit, the value stands for a quarter of a step less.
  const double below = options_.step > 0 ? options_.step / 4 : 1e-3;
  return at::where(x.isinf(), curve_->inverse(y.clamp_max(1 - below)), x);
}

}  // namespace lvtino
