#pragma once

#include <memory>
#include <string>

#include "lvtino/video_reader.hpp"

namespace lvtino {

/// A NumPy array as a video: [T, H, W, C] uint8 (divided by 255), [C, T, H, W] or [1, C, T, H, W]
/// float32 or float64 (taken as they are), C = 3, or 1 (grey, repeated).
/// Throws IoError for every other array.
std::unique_ptr<FrameReader> open_npy_video(const std::string& path);

}  // namespace lvtino
