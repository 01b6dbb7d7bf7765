#pragma once

#include <cstdint>

#include "lvtino/core/spec.hpp"
#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// A power-law spectrum of natural video: the variance of the orthonormal DCT-II coefficient at the
/// frequencies f = k / (2 n) (cycles a sample, 0 .. 1/2) of the three axes. With
/// r^2 = f_h^2 + f_w^2 + corner^2 it is, in squared pixel units (pixels in [0, 1]),
///
///   c(f_t, f_h, f_w) = power r^-exponent (1 + (f_t / (speed r))^2)^(-decay / 2) + floor.
///
/// The first factor is the spectrum of photographs (Field, JOSA A 1987). The second says that a
/// pattern of frequency r that moves at v pixels a frame shows at f_t = v r, with speeds v spread
/// like (1 + (v / speed)^2)^(-decay / 2) (Dong and Atick, "Statistics of natural time-varying
/// images", Network 1995). Images have f_t = 0, and no second factor.
///
/// c is a density over frequencies that does not depend on the number of samples. So a clip and a
/// crop of it have the same c, and the variance of a pixel, the mean of c over all coefficients,
/// tends to a finite integral as the clip grows (`corner` keeps it finite). It also gives the
/// variance of a clip's mean level: c(0) / (T H W).
struct PowerLaw {
  double power = 0;
  double exponent = 0;
  double corner = 0;
  double speed = 1;  ///< pixels a frame; as `decay`, not used by images
  double decay = 0;
  double floor = 0;

  double at(double f_t, double f_h, double f_w) const;

  /// c on the grid of a clip, [frames, height, width], float64 on the CPU. Images: frames = 1.
  /// Throws ShapeError if an extent is below 1.
  Tensor variance(std::int64_t frames, std::int64_t height, std::int64_t width) const;
};

/// A round fit to two hand-held clips of 25 and 27 frames a second, 640 pixels a row, mean level
/// .43; see `fit_power_law`. At 25x360x640 a pixel deviates by about .29 from the mean.
PowerLaw natural_video();
/// The same for the single frames of these clips.
PowerLaw natural_image();

/// Reads the keys power, exponent, corner, floor and, if `video`, speed and decay.
PowerLaw read_power_law(const SpecReader& reader, const PowerLaw& fallback, bool video);

}  // namespace lvtino
