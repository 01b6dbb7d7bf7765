#pragma once

#include <memory>
#include <vector>

#include "lvtino/core/rng.hpp"
#include "priors/consistency_model.hpp"
#include "priors/quantile_map.hpp"
#include "priors/video_wavelet.hpp"

namespace lvtino {

/// The law of the coefficients of one band: deviation W, W ~ tail.
struct HeavyTailedBand {
  BandKey key;
  double deviation;  ///< > 0, latent units
  HeavyTail tail;
};

/// Independent coefficients with heavy tails in an orthonormal wavelet transform of the latents
/// less their mean level. Three channels are first turned into their mean and two opponent colours
/// (the orthonormal DCT along C), whose deviations are `chroma` times those of the bands.
struct HeavyTailedLaw {
  double mean = 0;
  double chroma = 1;
  WaveletGrid grid;                    ///< no levels in time: the frames of a video are independent
  std::vector<HeavyTailedBand> bands;  ///< one for every band of the grid
  bool random_shift = true;
};

/// The exact consistency function of such a law. The probability flow acts on each coefficient
/// alone, so that it maps every coefficient by `QuantileMap`, with its band's deviation.
///
/// `origin(z_t, t)` leaves the cells of the wavelets where they are; there the map is exact and
/// stochastic autoencoding leaves the law invariant. `origin(z_t, t, rng)` draws a shift of the
/// cells against t, h and w first, so that no grid shows over several steps.
class HeavyTailedModel final : public ConsistencyModel {
 public:
  /// Throws ShapeError if the law does not fit `domain` or lacks a band, PlacementError unless
  /// `placement` is float32 or float64 on the CPU, NumericalError if a number is not finite or a
  /// deviation not positive.
  HeavyTailedModel(Shape domain, Placement placement, std::shared_ptr<const NoiseSchedule> schedule,
                   HeavyTailedLaw law);

  const HeavyTailedLaw& law() const { return law_; }
  /// The boxes of coefficients, the law of a band, and its deviation in a channel of coefficients.
  std::vector<BandBox> boxes() const { return still_.boxes(); }
  const HeavyTailedBand& band(const BandKey& key) const;
  double deviation(const HeavyTailedBand& band, std::int64_t channel) const;

  /// Coefficients of z less `level`, and back; without a shift.
  Tensor coefficients(const Tensor& z, double level) const;
  Tensor from_coefficients(const Tensor& c, double level) const;

  /// A draw from the law, without a shift.
  Tensor sample(const Rng& rng) const;
  /// Gradient of the logarithm of the density of z_t = signal z_0 + noise eps, without a shift, by
  /// quadrature for each coefficient: slow. Throws NotSupportedError if t has no noise.
  Tensor score(const Tensor& z_t, double t) const;

 private:
  Tensor do_origin(const Tensor& z_t, double t) const override;
  Tensor do_origin_drawn(const Tensor& z_t, double t, const Rng& rng) const override;
  Tensor mapped(const Tensor& z_t, double t, const VideoWavelet& wavelet) const;
  void map_coefficients(const Tensor& c, double signal, double noise,
                        const std::vector<BandBox>& boxes) const;
  Tensor turned(const Tensor& z, bool back) const;

  HeavyTailedLaw law_;
  VideoWavelet still_;
  Tensor colours_;  ///< [3, 3], or undefined
};

}  // namespace lvtino
