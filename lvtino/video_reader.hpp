#pragma once

#include <functional>
#include <memory>
#include <string>

#include "lvtino/video.hpp"

namespace lvtino {

/// The frames of one file, in order. Only the frames asked for are converted.
class FrameReader {
 public:
  virtual ~FrameReader() = default;
  /// Moves to the next frame (at first: to the first one); false at the end. Throws IoError.
  virtual bool advance() = 0;
  /// The present frame, [3, H, W] float32. Throws IoError.
  virtual Tensor frame() = 0;
  /// 0 where the file does not tell.
  virtual double frames_per_second() const = 0;
};

/// Opens, by what stands at `path`: a folder of pictures, .y4m, .npy, or else a video file
/// (FFmpeg). Throws IoError; NotBuiltError for a video file in a build without FFmpeg.
std::unique_ptr<FrameReader> open_frames(const std::string& path);

/// Frames first, first + step, ...; `count` of them (0: all that there are).
struct FrameChoice {
  std::int64_t first = 0, count = 0, step = 1;
};

/// Applied to each frame as soon as it is read, so that large frames never pile up.
using FrameEdit = std::function<Tensor(const Tensor&)>;

/// Reads the chosen frames. Throws IoError if the file is damaged, holds fewer frames than asked
/// for, has frames of several sizes, values that are not finite or far outside [0, 1], or more than
/// 2^32 values in all.
Video read_video_file(const std::string& path, const FrameChoice& choice = {},
                      const FrameEdit& edit = {});

}  // namespace lvtino
