#include "operators/tone_curve.hpp"

#include <cmath>
#include <limits>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

class Linear final : public ToneCurve {
 public:
  Tensor value(const Tensor& x) const override { return x.clone(); }
  Tensor slope(const Tensor& x) const override { return at::ones_like(x); }
  Tensor inverse(const Tensor& y) const override { return y.clone(); }
};

class Gamma final : public ToneCurve {
 public:
  explicit Gamma(double gamma)
      : exponent_(1 / gamma),
        height_(std::pow(kToe, exponent_)),
        steepness_(exponent_ * height_ / kToe) {}

  Tensor value(const Tensor& x) const override {
    const Tensor above = x.clamp_min(kToe).pow(exponent_);
    return at::where(x < kToe, (x - kToe) * steepness_ + height_, above);
  }
  Tensor slope(const Tensor& x) const override {
    return x.clamp_min(kToe).pow(exponent_ - 1).mul_(exponent_);
  }
  Tensor inverse(const Tensor& y) const override {
    const Tensor above = y.clamp_min(height_).pow(1 / exponent_);
    return at::where(y < height_, (y - height_) / steepness_ + kToe, above);
  }

 private:
  static constexpr double kToe = 1.0 / 64;
  double exponent_, height_, steepness_;
};

class Shoulder final : public ToneCurve {
 public:
  explicit Shoulder(double knee) : knee_(knee) {}

  Tensor value(const Tensor& x) const override {
    return at::where(x < knee_, x, (falling(x) * -(1 - knee_)).add_(1));
  }
  Tensor slope(const Tensor& x) const override {
    return at::where(x < knee_, at::ones_like(x), falling(x));
  }
  Tensor inverse(const Tensor& y) const override {
    const Tensor rest = ((1 - y) / (1 - knee_)).clamp_min(0);
    return at::where(y < knee_, y, rest.log().mul_(-(1 - knee_)).add_(knee_));
  }

 private:
  Tensor falling(const Tensor& x) const {
    return ((x - knee_).clamp_min_(0).div_(-(1 - knee_))).exp_();
  }
  double knee_;
};

class Clipping final : public ToneCurve {
 public:
  Tensor value(const Tensor& x) const override { return x.clamp(0, 1); }
  Tensor slope(const Tensor& x) const override { return at::logical_and(x >= 0, x < 1).to(x.dtype()); }
  Tensor inverse(const Tensor& y) const override {
    const Tensor low = at::where(y < 0, at::full_like(y, -kInfinity), y);
    return at::where(y >= 1, at::full_like(y, kInfinity), low);
  }
};

}  // namespace

std::shared_ptr<const ToneCurve> linear_curve() { return std::make_shared<Linear>(); }

std::shared_ptr<const ToneCurve> gamma_curve(double gamma) {
  if (!(gamma >= 1) || !std::isfinite(gamma))
    throw NumericalError(text("gamma curve: expected gamma >= 1, got ", gamma));
  return std::make_shared<Gamma>(gamma);
}

std::shared_ptr<const ToneCurve> shoulder_curve(double knee) {
  if (!(knee >= 0 && knee < 1))
    throw NumericalError(text("shoulder curve: expected 0 <= knee < 1, got ", knee));
  return std::make_shared<Shoulder>(knee);
}

std::shared_ptr<const ToneCurve> clipping_curve() { return std::make_shared<Clipping>(); }

CurvedModel::CurvedModel(std::string name, OperatorPtr a, std::shared_ptr<const ToneCurve> curve)
    : ForwardModel(std::move(name), a->domain(), a->range(), a->placement()),
      op_(std::move(a)),
      curve_(std::move(curve)) {}

Tensor CurvedModel::do_apply(const Tensor& x) const { return curve_->value(op_->apply(x)); }

Tensor CurvedModel::do_derivative(const Tensor& x, const Tensor& v) const {
  return op_->apply(v).mul_(curve_->slope(op_->apply(x)));
}

Tensor CurvedModel::do_adjoint_derivative(const Tensor& x, const Tensor& w) const {
  return op_->adjoint(curve_->slope(op_->apply(x)).mul_(w));
}

}  // namespace lvtino
