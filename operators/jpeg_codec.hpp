#pragma once

#include "operators/forward_model.hpp"
#include "operators/intervals.hpp"
#include "operators/jpeg_transform.hpp"

namespace lvtino {

/// A JPEG encoder and decoder in real arithmetic: levels = round((255 J x - 8 shift e_DC) / Q).
///
/// Pixels are in [0, 1] and are neither rounded to 8 bits nor clamped. libjpeg rounds samples and
/// transforms to integers; `intervals` takes a slack for files that it wrote.
class JpegCodec {
 public:
  /// `steps` [1, 1, 1 or T, 1, values] in levels of 0 .. 255, each at least 1.
  /// Throws ShapeError / PlacementError if they do not fit the transform.
  JpegCodec(std::shared_ptr<const JpegTransform> transform, Tensor steps);

  const std::shared_ptr<const JpegTransform>& transform() const { return transform_; }
  const Tensor& steps() const { return steps_; }

  /// The levels of videos, whole numbers in the transform's range and dtype.
  Tensor encode(const Tensor& x) const;
  /// The middle of each interval, inverse transform, chroma samples repeated. Not clamped.
  Tensor decode(const Tensor& levels) const;
  /// Bounds of J x, for the videos that encode to `levels`. A thousandth of a step is left out at
  /// each end, so that a video in the set encodes to these levels in spite of rounding; `slack`,
  /// in levels of 0 .. 255, widens both sides: the error of an encoder in integers. `width` below 1
  /// keeps that part around the middle: the narrow constraint set of Park and Kim (IEEE TIP 8, 1999),
  /// no longer what the file says, but nearer to the truth in the mean.
  /// Throws NumericalError unless slack >= 0 and 0 < width <= 1.
  Intervals intervals(const Tensor& levels, double slack = 0, double width = 1) const;

 private:
  Tensor scaled(const Tensor& levels) const;

  std::shared_ptr<const JpegTransform> transform_;
  Tensor steps_;
  Tensor offset_;  // [1, 1, 1, 1, values]: what the level shift takes from a DC coefficient
};

/// The steps of `jpeg_steps` for every coefficient of a frame, [1, 1, 1, 1, values].
Tensor standard_steps(const JpegTransform& transform, int quality);
/// The same from one table of 64 for each component.
Tensor steps_of_tables(const JpegTransform& transform,
                       const std::vector<std::array<int, 64>>& tables);

/// x -> decode(encode(x)): a staircase, so there is no derivative.
class JpegRoundTrip final : public ForwardModel {
 public:
  explicit JpegRoundTrip(JpegCodec codec);

 private:
  Tensor do_apply(const Tensor& x) const override { return codec_.decode(codec_.encode(x)); }

  JpegCodec codec_;
};

}  // namespace lvtino
