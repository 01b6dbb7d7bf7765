#pragma once

#include <vector>

#include "operators/linear_operator.hpp"

namespace lvtino {

/// Several measurements of one video at once: A x = (A_1 x, ..., A_P x), A'y = sum over p of A_p'y_p.
///
/// The parts have ranges of different shapes, so y is their flattened concatenation: [N, 1, 1, 1, M],
/// M the sum of C_p T_p H_p W_p, sample n being the values of A_1 x of sample n in their own order,
/// then those of A_2 x, and so on. `split` takes it apart.
///
/// A'A = sum over p of A_p'A_p. Factors (domain side) exist where all A_p'A_p are diagonal in one basis:
/// separable parts whose maps commute axis by axis (full frame rate at low resolution beside low frame
/// rate at full resolution, say), periodic convolutions, or parts that only select pixels (masks,
/// mosaics, crops, dropped frames). Other stacks have none.
class StackOperator final : public LinearOperator {
 public:
  /// Throws ShapeError / PlacementError if `parts` is empty or they do not share domain and placement.
  explicit StackOperator(std::vector<OperatorPtr> parts);

  const std::vector<OperatorPtr>& parts() const { return parts_; }

  /// The measurements of the parts, each in its own range. Throws ShapeError unless y is of the range.
  std::vector<Tensor> split(const Tensor& y) const;

  std::shared_ptr<const GramFactors> gram_factors() const override;

 private:
  Tensor do_apply(const Tensor& x) const override;
  Tensor do_adjoint(const Tensor& y) const override;
  void do_adjoint_add(const Tensor& v, double scale, const Tensor& y, Tensor& out) const override;

  std::vector<OperatorPtr> parts_;
};

}  // namespace lvtino
