#pragma once

#include <string>

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// FFV1 in Matroska, 8-bit RGB. Frames [1, 3, T, H, W]. The file has the same bytes on every run.
/// Throws IoError; NotBuiltError without FFmpeg or the encoder.
void encode_lossless(const std::string& path, const Tensor& frames, double frames_per_second);

/// H.264 in MP4: libx264, crf 16, 4:2:0 with left-sited chroma, BT.709 limited range, tagged so. An
/// odd height or width is made even by repeating the last line or column.
/// Throws as `encode_lossless`.
void encode_h264(const std::string& path, const Tensor& frames, double frames_per_second);

}  // namespace lvtino
