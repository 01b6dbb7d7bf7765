#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace lvtino {

/// Hands the packets of the motion JPEG stream of a video file to `take`, in order and not decoded,
/// until it returns false. Returns the frame rate, 0 where the file does not tell. Throws IoError if
/// the file cannot be read or its video is not motion JPEG; NotBuiltError without FFmpeg.
double read_jpeg_packets(const std::string& path, const std::function<bool(std::string_view)>& take);

}  // namespace lvtino
