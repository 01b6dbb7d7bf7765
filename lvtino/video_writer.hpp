#pragma once

#include <string>

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// Writes [1, 3, T, H, W] float32 (CPU, RGB), by the end of `path`:
///   .npy   float32, exact (no clamping)
///   .y4m   4:4:4, 8 bit, limited range (see y4m.hpp)
///   name/  0000.png, 0001.png, ...: rounded to 8 bit
///   .mkv   FFV1, lossless: reads back as the frames rounded to 8 bit
///   .mp4   H.264 (libx264, crf 16), 4:2:0 BT.709 limited range; an odd height or width is made
///   even
///          by repeating the last line or column
/// Appears only when it is complete. Throws ShapeError / PlacementError; IoError (unknown extension
/// included); NotBuiltError for .mkv and .mp4 without FFmpeg or its encoder.
void write_video(const std::string& path, const Tensor& frames, double frames_per_second);

}  // namespace lvtino
