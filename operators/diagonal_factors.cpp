#include "operators/diagonal_factors.hpp"

namespace lvtino {

DiagonalFactors::DiagonalFactors(Side side, const Tensor& diagonal, std::vector<double> distinct)
    : GramFactors(side, diagonal.min().item<double>(), diagonal.max().item<double>()),
      diagonal_(diagonal),
      distinct_(std::move(distinct)) {}

Tensor DiagonalFactors::spectral(const std::function<double(double)>& f, const Tensor& r) const {
  // Chosen, not blended: f(0) may dwarf f(1).
  Tensor out = r * f(distinct_.front());
  for (std::size_t k = 1; k < distinct_.size(); ++k)
    out = at::where(diagonal_ == distinct_[k], r * f(distinct_[k]), out);
  return out;
}

}  // namespace lvtino
