#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// Spectral factors of an operator A, exact to rounding: A A' = W diag(d) W' with W orthonormal on
/// the range (`Side::range`), or A'A = V diag(d) V' on the domain (`Side::domain`).
/// Everything that is a function of A A' or A'A follows: norm, pseudo-inverse, the data prox.
class GramFactors {
 public:
  enum class Side { range, domain };
  virtual ~GramFactors() = default;

  Side side() const { return side_; }
  /// Largest and smallest d. Multiplicities are counted: the smallest is 0 if A A' is singular.
  double largest() const { return largest_; }
  double smallest() const { return smallest_; }

  /// W f(diag(d)) W' r. `f` maps an eigenvalue d >= 0 to a factor; several threads call it.
  virtual Tensor spectral(const std::function<double(double)>& f, const Tensor& r) const = 0;
  /// (shift I + scale A A')^-1 r, or with A'A: `spectral` of 1 / (shift + scale d), by a shorter way where there
  /// is one. shift > 0, scale >= 0.
  virtual Tensor shifted_inverse(double shift, double scale, const Tensor& r) const;

 protected:
  GramFactors(Side side, double smallest, double largest)
      : side_(side), smallest_(smallest), largest_(largest) {}

 private:
  Side side_;
  double smallest_, largest_;
};

/// A linear map between videos: immutable, bound to shapes, dtype and device. Knows nothing of
/// noise.
class LinearOperator {
 public:
  virtual ~LinearOperator() = default;
  LinearOperator(const LinearOperator&) = delete;
  LinearOperator& operator=(const LinearOperator&) = delete;

  const Shape& domain() const { return domain_; }
  const Shape& range() const { return range_; }
  const Placement& placement() const { return placement_; }
  const std::string& name() const { return name_; }

  /// A x. Throws ShapeError / PlacementError if x is not of the domain.
  Tensor apply(const Tensor& x) const;
  /// A'y. Throws ShapeError / PlacementError if y is not of the range.
  Tensor adjoint(const Tensor& y) const;
  /// v + scale A'y, in one pass where the operator can.
  Tensor adjoint_add(const Tensor& v, double scale, const Tensor& y) const;
  /// The same, written over v.
  void adjoint_add_in_place(Tensor& v, double scale, const Tensor& y) const;

  /// Exact factors, computed anew by each call (keep them); null where there are none.
  virtual std::shared_ptr<const GramFactors> gram_factors() const { return nullptr; }

 protected:
  LinearOperator(std::string name, Shape domain, Shape range, Placement placement)
      : name_(std::move(name)),
        domain_(std::move(domain)),
        range_(std::move(range)),
        placement_(placement) {}

 private:
  virtual Tensor do_apply(const Tensor& x) const = 0;
  virtual Tensor do_adjoint(const Tensor& y) const = 0;
  /// out = v + scale A'y; `out` may be v.
  virtual void do_adjoint_add(const Tensor& v, double scale, const Tensor& y, Tensor& out) const;

  std::string name_;
  Shape domain_, range_;
  Placement placement_;
};

using OperatorPtr = std::shared_ptr<const LinearOperator>;

/// |A| (largest singular value), from exact factors. Throws NotSupportedError without factors.
double operator_norm(const LinearOperator& a);

/// The Moore-Penrose inverse A^+ y, exact through the factors: singular values below
/// `relative_cutoff` times the largest count as zero.
/// Throws NotSupportedError if the operator has no factors.
Tensor pseudo_inverse(const LinearOperator& a, const Tensor& y, double relative_cutoff = 1e-6);
/// The same with factors that the caller keeps.
Tensor pseudo_inverse(const LinearOperator& a, const GramFactors& factors, const Tensor& y,
                      double relative_cutoff = 1e-6);

}  // namespace lvtino
