#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lvtino/video_reader.hpp"

namespace lvtino {

/// Whether `a` stands before `b` when runs of digits count as numbers: frame2 before frame10.
bool natural_less(std::string_view a, std::string_view b);

/// The pictures (.png .jpg .jpeg .ppm .pgm) of a folder in natural order; hidden files and files
/// with other extensions are passed over. Throws IoError if there are none.
std::vector<std::string> list_frames(const std::string& folder);

/// A folder of pictures as a video. Throws IoError.
std::unique_ptr<FrameReader> open_frame_folder(const std::string& folder);

/// Writes [1, 3, T, H, W] as 0000.png, 0001.png, ... (.ppm in a build without libpng) into a folder
/// that is made under a temporary name and then renamed; one that holds files already is refused.
/// Throws IoError.
void write_frame_folder(const std::string& folder, const Tensor& frames);

}  // namespace lvtino
