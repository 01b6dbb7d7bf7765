#pragma once

#include <memory>
#include <string>

#include "lvtino/core/tensor.hpp"

namespace lvtino {

struct JpegClip;

/// A clip in memory and where it came from.
struct Video {
  Tensor frames;  ///< [1, 3, T, H, W] float32 on the CPU, nominally in [0, 1], RGB
  double frames_per_second = 25;
  std::string origin;     ///< in words, for the report
  bool stand_in = false;  ///< made by a formula because the wanted file was not there
  std::shared_ptr<const JpegClip> jpeg = nullptr;  ///< the coefficients that the frames were decoded from
};

}  // namespace lvtino
