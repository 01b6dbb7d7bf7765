#pragma once

#include <memory>
#include <string>

#include "lvtino/video_reader.hpp"

namespace lvtino {

/// The first video stream of any file that FFmpeg decodes, in presentation order.
///
/// Colour follows the tags of the stream (BT.601, BT.709, BT.2020 non-constant luminance, SMPTE
/// 240M, FCC; limited or full range; siting of the chroma samples, interpolated linearly); an
/// untagged stream is taken as BT.709 from 720 lines on and BT.601 below, limited range. The
/// transfer curve is left alone: pixels are the gamma-coded values. Rotations by quarter turns are
/// carried out; pixel aspect ratios and interlacing are not. Throws IoError for a file that is
/// damaged, truncated within a frame, or tagged with a rotation or colour space that is not among
/// these; NotBuiltError in a build without FFmpeg.
std::unique_ptr<FrameReader> open_ffmpeg(const std::string& path);

}  // namespace lvtino
