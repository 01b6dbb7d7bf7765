#include "solvers/total_variation.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"

namespace lvtino {

TotalVariation::TotalVariation(double horizontal, double vertical, double temporal, Kind kind)
    : weights_{horizontal, vertical, temporal, kind == Kind::isotropic} {
  for (double weight : {horizontal, vertical, temporal})
    if (!(weight >= 0) || !std::isfinite(weight))
      throw NumericalError(text("total variation: expected weights >= 0, got ", horizontal, ", ",
                                vertical, ", ", temporal));
}

kernels::TvShape tv_shape(const Tensor& x) {
  if (!x.defined() || x.dim() != 5 || x.numel() == 0 || !x.is_contiguous())
    throw ShapeError(text("total variation: expected a contiguous video [N, C, T, H, W], got ",
                          describe(x)));
  if (!x.device().is_cpu())
    throw NotBuiltError(text("total variation runs on the CPU, got ", describe(x)));
  if (x.scalar_type() != at::kFloat && x.scalar_type() != at::kDouble)
    throw PlacementError(text("total variation: expected float32 or float64, got ", describe(x)));
  return {x.size(0) * x.size(1), x.size(2), x.size(3), x.size(4)};
}

double TotalVariation::value(const Tensor& x) const {
  const kernels::TvShape shape = tv_shape(x);
  if (x.scalar_type() == at::kFloat)
    return kernels::tv_value<float>(shape, weights_, x.const_data_ptr<float>(), nullptr).variation;
  return kernels::tv_value<double>(shape, weights_, x.const_data_ptr<double>(), nullptr).variation;
}

double TotalVariation::squared_norm(const Shape& shape) const {
  const auto axis = [&](double weight, std::size_t dimension) {
    const auto n = double(shape.at(dimension));
    return n > 1 ? weight * weight * (2 + 2 * std::cos(M_PI / n)) : 0.0;
  };
  return axis(weights_.t, 2) + axis(weights_.v, 3) + axis(weights_.h, 4);
}

TvDual TvDual::unset(const TotalVariation& tv, const Tensor& like, bool boxed) {
  const auto field = [&](double weight) { return weight > 0 ? at::empty_like(like) : Tensor(); };
  return {field(tv.weights().h), field(tv.weights().v), field(tv.weights().t), field(boxed)};
}

TvDual TvDual::zeros(const TotalVariation& tv, const Tensor& like, bool boxed) {
  const TvDual out = unset(tv, like, boxed);
  for (const Tensor* field : {&out.h, &out.v, &out.t, &out.box})
    if (field->defined()) field->zero_();
  return out;
}

bool TvDual::fits(const TotalVariation& tv, const Tensor& like, bool boxed) const {
  const auto matches = [&](const Tensor& field, double weight) {
    if (!field.defined() || weight == 0) return !field.defined() && weight == 0;
    return field.sizes() == like.sizes() && placement_of(field) == placement_of(like);
  };
  return matches(h, tv.weights().h) && matches(v, tv.weights().v) && matches(t, tv.weights().t) &&
         matches(box, boxed);
}

TvDual TvDual::clone() const {
  const auto copy = [](const Tensor& field) { return field.defined() ? field.clone() : field; };
  return {copy(h), copy(v), copy(t), copy(box)};
}

}  // namespace lvtino
