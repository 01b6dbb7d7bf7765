#pragma once

#include <optional>
#include <vector>

#include "operators/axis_maps.hpp"
#include "operators/linear_operator.hpp"

namespace lvtino {

/// Convolution of every frame with a two-dimensional kernel that need not be separable:
/// y[i, j] = sum over (k, l) of kernel[k, l] x[i + ch - k, j + cw - l], c = floor((K-1)/2) an axis.
///
/// With a boundary rule the frame keeps its size, x continued by the rule. Without one (valid) only
/// those samples are kept that see no pixel beyond the frame: sizes H - Kh + 1 by W - Kw + 1, sample i
/// of the result being sample i + ceil((K-1)/2) of the full one. Phase of a symmetric kernel, an axis:
/// centred at x-position i (K odd) or i - 1/2 (K even); valid: i + (K-1)/2 for either.
/// No factors but for a periodic boundary, for which CircularConvolution is the exact operator.
class PsfOperator final : public LinearOperator {
 public:
  /// `kernel` is [Kh, Kw], `boundary` empty for valid. CPU only. Throws ShapeError if the kernel has
  /// another rank, no entry, or (valid) does not fit the frame; NotBuiltError, PlacementError.
  PsfOperator(const Shape& domain, const Placement& placement, const Tensor& kernel,
              std::optional<Boundary> boundary);

 private:
  Tensor do_apply(const Tensor& x) const override;
  Tensor do_adjoint(const Tensor& y) const override;
  template <class T>
  void run(bool transposed, const std::vector<T>& weights, const Tensor& in, Tensor& out) const;

  std::vector<std::int64_t> rows_, columns_;              // of the taps, in the padded frame
  std::vector<double> weights_;
  std::vector<float> single_;
  std::vector<std::int64_t> row_source_, column_source_;  // of the padded frame
};

}  // namespace lvtino
