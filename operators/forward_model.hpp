#pragma once

#include <memory>
#include <string>

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// A map F between videos that need not be linear: immutable, bound to shapes, dtype and device. Where
/// it has a derivative, that of x along v and the adjoint are exact:
///   <F'(x) v, w> = <v, F'(x)'w>.
/// A kink has the derivative of the side towards larger values.
class ForwardModel {
 public:
  virtual ~ForwardModel() = default;
  ForwardModel(const ForwardModel&) = delete;
  ForwardModel& operator=(const ForwardModel&) = delete;

  const std::string& name() const { return name_; }
  const Shape& domain() const { return domain_; }
  const Shape& range() const { return range_; }
  const Placement& placement() const { return placement_; }

  /// F(x). All three throw ShapeError / PlacementError if an operand does not fit.
  Tensor apply(const Tensor& x) const;
  /// F'(x) v, the Jacobian-vector product. Throws NotSupportedError where F is a staircase.
  Tensor derivative(const Tensor& x, const Tensor& v) const;
  /// F'(x)'w, the vector-Jacobian product. Throws NotSupportedError where F is a staircase.
  Tensor adjoint_derivative(const Tensor& x, const Tensor& w) const;

 protected:
  ForwardModel(std::string name, Shape domain, Shape range, Placement placement)
      : name_(std::move(name)),
        domain_(std::move(domain)),
        range_(std::move(range)),
        placement_(placement) {}

 private:
  virtual Tensor do_apply(const Tensor& x) const = 0;
  virtual Tensor do_derivative(const Tensor& x, const Tensor& v) const;
  virtual Tensor do_adjoint_derivative(const Tensor& x, const Tensor& w) const;

  std::string name_;
  Shape domain_, range_;
  Placement placement_;
};

}  // namespace lvtino
