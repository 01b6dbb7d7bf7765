#pragma once

#include <memory>
#include <string>

#include "lvtino/video_reader.hpp"

namespace lvtino {

/// A YUV4MPEG2 file with 8 bits a sample: 4:2:0 (jpeg, mpeg2, paldv siting), 4:2:2, 4:4:4, mono.
/// The format carries no colour matrix: BT.709 is assumed from 720 lines on, BT.601 below; the
/// range is limited unless XCOLORRANGE=FULL says otherwise. Throws IoError.
std::unique_ptr<FrameReader> open_y4m(const std::string& path);

/// Writes [1, 3, T, H, W] as 4:4:4, 8 bit, limited range, with the matrix that `open_y4m` assumes;
/// pixels are clamped to [0, 1]. Appears only when it is complete. Throws IoError.
void write_y4m(const std::string& path, const Tensor& frames, double frames_per_second);

/// n/d with d = 1001 for the NTSC rates, otherwise n/1000 in lowest terms.
struct FrameRate {
  std::int64_t numerator, denominator;
};
FrameRate frame_rate(double frames_per_second);

}  // namespace lvtino
