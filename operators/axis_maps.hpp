#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "operators/axis_map.hpp"

namespace lvtino {

/// What lies beyond the ends of an axis of n samples.
enum class Boundary {
  replicate,  ///< the end samples repeat
  reflect,    ///< mirrored about the end samples, which are not repeated (... 2 1 0 1 2 ...)
  circular,   ///< periodic
  zero,       ///< nothing
};

/// Where sample `i` (any integer) of an axis of `length` samples is taken from; -1 for none.
std::int64_t source_index(std::int64_t i, std::int64_t length, Boundary boundary);

/// What a last, incomplete window of an average does.
enum class Tail { replicate, drop };

/// Average of `factor` consecutive samples:
/// y[j] = (1/factor) sum_{k<factor} x[min(j factor + k, length-1)].
///
/// In time, the temporal part of Problems A and C of LVTINO (arXiv 2510.01339). A last, incomplete
/// window repeats the last sample (Tail::replicate) or is dropped (Tail::drop). Phase: y[j] is centred
/// at x-position j factor + (factor-1)/2, between two samples for an even factor.
/// Maps `length` samples to ceil(length/factor) or floor(length/factor); values keep their unit.
/// Throws ShapeError if `factor` < 1 or nothing would be left.
AxisMap average(std::int64_t length, std::int64_t factor, Tail tail);

/// Convolution y[j] = sum_k taps[k] x[j + c - k] with the centre tap c = floor((K-1)/2), x continued
/// by `boundary`: an odd kernel is centred, an even one reaches one sample further back. Phase: y[j] of
/// a symmetric kernel is centred at x-position j (K odd) or j - 1/2 (K even).
/// Keeps the length. Throws ShapeError without taps.
AxisMap blur(std::int64_t length, const std::vector<double>& taps, Boundary boundary);

/// Exposure at any frame-rate ratio: y[j] is the mean of x, constant over each sample's interval
/// [i, i + 1), over [j ratio, j ratio + exposure ratio):
/// y[j] = sum_i |[i, i+1) n [j ratio, j ratio + exposure ratio)| x[i] / (exposure ratio).
///
/// A shutter open for the part `exposure` of each output frame. Windows that begin inside the axis
/// but end beyond it see the last sample again (Tail::replicate) or are dropped (Tail::drop). Phase:
/// y[j] is centred at time j ratio + exposure ratio / 2 from the beginning of sample 0, which is
/// x-position j ratio + (exposure ratio - 1) / 2 where the window has whole samples.
/// exposure 1 with a whole ratio is `average`. Maps `length` samples to ceil(length / ratio) or
/// floor((length - exposure ratio) / ratio) + 1; times closer than 1e-9 count as equal.
/// Throws ShapeError unless ratio >= 1 and 0 < exposure <= 1, or if nothing would be left.
AxisMap shutter(std::int64_t length, double ratio, double exposure, Tail tail);

/// Selection y[j] = x[first + j step], j < count. Phase: exactly the samples named.
/// Throws ShapeError if a sample lies outside the axis, step < 1 or count < 1.
AxisMap pick(std::int64_t length, std::int64_t first, std::int64_t step, std::int64_t count);

/// K equal taps that sum to one. Throws ShapeError if `count` < 1.
std::vector<double> uniform_taps(std::int64_t count);

/// Sampled Gaussian of standard deviation `sigma` samples, cut at ceil(`truncate` sigma) samples to
/// either side, normalised to sum one.
std::vector<double> gaussian_taps(double sigma, double truncate = 4);

/// Interpolation kernels w(u), u in output samples: `bicubic` is Keys' with a = -1/2 (support 2),
/// `bilinear` the triangle (1), `area` the box of width one (1/2), `lanczos` Lanczos-3 (3).
enum class Filter { bicubic, bilinear, area, lanczos };

/// Anti-aliased decimation: y[j] = sum_i w((i - c_j) / factor) x[i] / (sum of weights), with
/// centre c_j = factor j + `offset` and x continued by `boundary`.
///
/// offset 1/2 is how the published code of LVTINO samples (through deepinv); (factor-1)/2 is the
/// middle of the block of pixels. Phase: y[j] is centred at x-position factor j + offset, for even and
/// odd factors alike. Maps `length` samples to ceil(length/factor).
/// Throws ShapeError if `factor` < 1 or `factor` > `length`.
AxisMap decimate(std::int64_t length, std::int64_t factor, Filter filter, Boundary boundary,
                 double offset = 0.5);

}  // namespace lvtino
