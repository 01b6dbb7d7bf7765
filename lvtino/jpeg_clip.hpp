#pragma once

#include <string>

#include "lvtino/video_reader.hpp"
#include "operators/jpeg_codec.hpp"

namespace lvtino {

/// A clip as JPEG files hold it: the measurement itself, before any reconstruction.
struct JpegClip {
  JpegLayout layout;
  Tensor levels;  ///< [1, 1, T, 1, layout.values] float32, whole numbers
  Tensor steps;   ///< [1, 1, 1 or T, 1, layout.values] float32: one table where all frames share it
  double frames_per_second = 25;
  std::string origin;

  std::int64_t frames() const { return levels.size(2); }
  /// Its codec for videos [1, 3, T, H, W].
  JpegCodec codec(const Placement& placement) const;
};

/// Default slack for files, in levels of 0 .. 255. libjpeg rounds Y'CbCr samples to whole levels,
/// which moves a coefficient by .3 to .4 (root mean square) and a DC by at most 4; its integer
/// transform adds .1. On the pictures of jpeg_clip_test.cpp (flat shapes, the worst case, at
/// quality 10 to 100) less than 1 % of the coefficients lie further off than this, the worst by 3.4.
/// A slack of 4 would hold for all of them, and cost precision in all the others.
constexpr double kLibjpegSlack = 1;

/// What JpegCodec makes of a video [1, 3, T, H, W]: a clip as files would hold it.
JpegClip encode_jpeg_clip(const Tensor& x, int quality, const std::string& subsampling);

/// Reads a folder of .jpg files, one such file, or the motion JPEG stream of a video file (by FFmpeg,
/// without decoding). Throws IoError if a file is damaged, truncated or no JPEG, or if frames differ
/// in size, colours or sampling factors; NotBuiltError as the readers of pictures and videos do.
JpegClip read_jpeg_clip(const std::string& path, const FrameChoice& choice = {});

}  // namespace lvtino
