#pragma once

#include <vector>

#include "operators/linear_operator.hpp"

namespace lvtino {

/// Factors of an operator whose A A' or A'A is diagonal in the pixels, W = I. `diagonal` broadcasts
/// to the operands and takes few different values, all of them in `distinct`.
class DiagonalFactors final : public GramFactors {
 public:
  DiagonalFactors(Side side, const Tensor& diagonal, std::vector<double> distinct);

  /// f is called once for each distinct value.
  Tensor spectral(const std::function<double(double)>& f, const Tensor& r) const override;

 private:
  Tensor diagonal_;
  std::vector<double> distinct_;
};

}  // namespace lvtino
