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
/// window repeats the last sample (Tail::replicate) or is dropped (Tail::drop).
/// Maps `length` samples to ceil(length/factor) or floor(length/factor); values keep their unit.
/// Throws ShapeError if `factor` < 1 or nothing would be left.
AxisMap average(std::int64_t length, std::int64_t factor, Tail tail);

/// Convolution y[j] = sum_k taps[k] x[j + c - k] with the centre tap c = floor((K-1)/2), x continued
/// by `boundary`: an odd kernel is centred, an even one reaches one sample further back.
/// Keeps the length. Throws ShapeError without taps.
AxisMap blur(std::int64_t length, const std::vector<double>& taps, Boundary boundary);

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
/// middle of the block of pixels. Maps `length` samples to ceil(length/factor).
/// Throws ShapeError if `factor` < 1 or `factor` > `length`.
AxisMap decimate(std::int64_t length, std::int64_t factor, Filter filter, Boundary boundary,
                 double offset = 0.5);

}  // namespace lvtino
