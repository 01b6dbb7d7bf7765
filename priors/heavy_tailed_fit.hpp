#pragma once

#include "priors/heavy_tailed_model.hpp"

namespace lvtino {

/// What clips say of one band of luminance. Pixel units.
struct BandFit {
  BandKey key;
  double deviation;
  double shape;  ///< of a generalised Gaussian
  double count;
};

struct HeavyTailedFit {
  std::vector<BandFit> bands;
  double level = 0;   ///< mean of all pixels
  double chroma = 1;  ///< geometric mean over the detail bands of the opponent colours' deviation
                      ///< over that of luminance; 1 unless all clips have three channels
  double shape = 2;   ///< of all detail bands together, each in units of its deviation
};

/// Matches deviation and shape of every band to the clips ([N, C, T, H, W], pixels in [0, 1]): the
/// deviation is the root of the mean square, the shape has the measured E|c|^2 / E c^2 =
/// Gamma(2/shape)^2 / (Gamma(1/shape) Gamma(3/shape)) (Mallat, IEEE Trans. PAMI 1989), limited to
/// the range of `HeavyTail`. Wavelets lie where `HeavyTailedModel::origin` without a draw puts
/// them. Deterministic; the same for any number of threads.
/// Throws ShapeError if there is no clip or one that has not five dimensions, NumericalError if a
/// pixel is not finite.
HeavyTailedFit fit_heavy_tails(const std::vector<Tensor>& clips, const WaveletGrid& grid);

}  // namespace lvtino
