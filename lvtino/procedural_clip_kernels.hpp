#pragma once

#include <cstdint>
#include <vector>

namespace lvtino::kernels {

/// A scene over a tiled table of 256 x 256 random numbers in [-1, 1]; positions in pixels.
struct Disc {
  double center_y, center_x, speed_y, speed_x, radius;
  double texture_y, texture_x;  ///< where its texture begins
  float tint[3];
};
struct Scene {
  const float* table = nullptr;
  double pan_y = 0, pan_x = 0;  ///< pixels a frame
  std::vector<Disc> discs;      ///< later ones hide earlier ones
};

constexpr std::int64_t kTableSide = 256;

/// out [3, frames, height, width] in [0, 1]; each pixel is the mean of 2 x 2 points.
void render_scene(const Scene& scene, float* out, std::int64_t frames, std::int64_t height,
                  std::int64_t width);

}  // namespace lvtino::kernels
