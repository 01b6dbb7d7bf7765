#pragma once

#include "lvtino/core/spec.hpp"
#include "lvtino/video.hpp"

namespace lvtino {

/// A scene given by formulas: a panning background with about a 1/f spectrum and shaded, textured
/// discs that move over it and hide each other. Equal numbers give equal clips, for any number of
/// threads.
struct ProceduralClip {
  std::int64_t seed = 0;
  std::int64_t frames = 25, height = 360, width = 640;
  std::int64_t discs = 5;
  double motion = 2;  ///< pixels a frame, of the background; discs move up to twice as fast
  double frames_per_second = 25;
};

/// Reads the keys of ProceduralClip; `fallback` gives the defaults. Throws SpecError.
ProceduralClip read_procedural_clip(const SpecReader& spec, const ProceduralClip& fallback = {});

/// frames [1, 3, T, H, W] in [0, 1]; each pixel is the mean of 2 x 2 points of the scene.
Video render(const ProceduralClip& clip);

}  // namespace lvtino
