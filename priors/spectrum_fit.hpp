#pragma once

#include <vector>

#include "priors/spectrum.hpp"

namespace lvtino {

enum class SpectrumKind { video, image };

/// What a fit found, and how well it describes the clips.
struct SpectrumFit {
  PowerLaw law;
  double level = 0;      ///< mean of all pixels
  double log_error = 0;  ///< weighted root mean square of ln(measured / fitted) over the bins
  std::int64_t bins = 0;
};

/// Fits a power law to the measured spectra of `clips` ([N, C, T, H, W], pixels in [0, 1]).
///
/// The squared DCT coefficients of the clips less their mean level are averaged in bins a third of
/// an octave wide (over the spatial frequency and, for videos, the temporal one); the law's
/// parameters minimise the sum of Huber losses of ln(measured / law), each bin weighted with the
/// certainty of its average, and the law's variance of a pixel is held near the measured one. What
/// 8-bit rounding hides counts for nothing. Deterministic; the same for any number of threads.
/// Throws ShapeError if there is no clip, or one that has not five dimensions, or fewer bins than
/// parameters; NumericalError if a pixel is not finite.
SpectrumFit fit_power_law(const std::vector<Tensor>& clips, SpectrumKind kind);

}  // namespace lvtino
