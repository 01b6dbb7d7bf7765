#pragma once

#include <array>
#include <vector>

#include "priors/axis_wavelet.hpp"
#include "priors/spectrum.hpp"

namespace lvtino {

/// Which wavelet, and how many levels: 0 levels in time leave the frames alone.
struct WaveletGrid {
  WaveletKind kind = WaveletKind::daubechies4;
  int time_levels = 0, space_levels = 0;
  bool operator==(const WaveletGrid&) const = default;
};

/// Coefficients of one kind. Levels count from 1, the finest; 0 is the approximation. `diagonal`
/// bands are details along both axes of a frame, the others along one of them.
struct BandKey {
  int time = 0, space = 0;
  bool diagonal = false;
  bool operator==(const BandKey&) const = default;
};

/// A box of coefficients in the transformed array.
struct BandBox {
  BandKey key;
  std::array<std::int64_t, 3> begin, extent;  ///< along t, h and w
};

/// The orthonormal wavelet transform of videos [N, C, T, H, W]: all levels along t, then all levels
/// of the planes (h and w together, as Mallat does).
class VideoWavelet {
 public:
  /// `shift` along t, h and w, each below 2^levels. Throws ShapeError.
  VideoWavelet(const WaveletGrid& grid, const Shape& video,
               const std::array<std::int64_t, 3>& shift = {0, 0, 0});

  /// Replaces a contiguous float32 or float64 CPU array of the video's shape by its coefficients,
  /// and back.
  void analyse(const Tensor& x) const;
  void synthesise(const Tensor& x) const;

  /// The boxes, without empty ones. Together they hold every coefficient once.
  std::vector<BandBox> boxes() const;

 private:
  template <class T>
  void transform(T* x, bool forward) const;

  Shape video_;
  int space_levels_;
  AxisWavelet time_, height_, width_;
};

/// A band and the mean variance of its coefficients under a Gaussian law whose DCT coefficients
/// are independent with the variances of `law`: the mean of the diagonal of W C W'. Pixel units.
struct BandVariance {
  BandKey key;
  double variance;
};
std::vector<BandVariance> band_variances(const WaveletGrid& grid, const PowerLaw& law,
                                         std::int64_t frames, std::int64_t height,
                                         std::int64_t width);

}  // namespace lvtino
