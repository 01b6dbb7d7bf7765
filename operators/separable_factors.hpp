#pragma once

#include <array>
#include <optional>
#include <vector>

#include "operators/axis_map.hpp"
#include "operators/banded_gram.hpp"
#include "operators/linear_operator.hpp"

namespace lvtino {

/// One orthonormal basis in which several Gram matrices of an axis are diagonal: `values[p]` are the
/// eigenvalues (>= 0) of the p-th. An undefined basis is the identity, with all values one.
struct AxisSpectrum {
  Tensor basis;
  std::vector<std::vector<double>> values;
};

/// The spectrum of M M' (`range_side`) or M'M, from the singular value decomposition of M.
AxisSpectrum spectrum_of(const AxisMap& map, bool range_side);

/// A common eigenbasis of the M'M of several maps of one axis, or nothing if they do not commute to
/// rounding. Maps that agree up to identities share the singular vectors of the one that is none;
/// otherwise it is the eigenbasis of a generic combination, accepted only if it makes every M'M
/// diagonal to 1e-13 of the largest entry.
std::optional<AxisSpectrum> common_spectrum(const std::vector<const AxisMap*>& maps);

/// V diag(d) V' on [N, C, T, H, W] with V = Vc (x) Vt (x) Vh (x) Vw and
/// d = sum over p of dc[p] (x) dt[p] (x) dh[p] (x) dw[p]; axes in the order c, t, h, w.
/// Its arithmetic is float64. Where the Gram matrix of an axis of the plane is a band, `shifted_inverse` solves along
/// that axis, for every eigenvalue of the others, instead of turning it.
class SeparableFactors final : public GramFactors {
 public:
  /// `height`, `width`: the Gram matrices of those axes, of factors with one part.
  SeparableFactors(Side side, Shape shape, std::array<AxisSpectrum, 4> axes, std::optional<BandedGram> height = {},
                   std::optional<BandedGram> width = {});

  Tensor spectral(const std::function<double(double)>& f, const Tensor& r) const override;
  Tensor shifted_inverse(double shift, double scale, const Tensor& r) const override;

  const Shape& shape() const { return shape_; }
  /// In the order c, t, h, w.
  const std::array<AxisSpectrum, 4>& axes() const { return axes_; }

 private:
  Tensor turn(const Tensor& z, std::int64_t axis, bool to_eigen) const;
  void scale(const std::function<double(double)>& f, Tensor& z) const;
  void solve_planes(double shift, double scale, Tensor& z) const;

  Shape shape_;
  std::array<AxisSpectrum, 4> axes_;
  std::optional<BandedGram> band_;  ///< of the height or the width, whichever is better solved along
  bool along_width_ = false;
};

}  // namespace lvtino
