#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace lvtino::world_kernels {

constexpr int kTileSide = 256;  ///< of the periodic textures; a power of two

enum class LeafShape { ellipse, polygon, blob, bar, strokes };
enum class Pattern { none, grating, checks };

/// A leaf as it is drawn at one moment: centre and axes in pixels of the screen.
struct Leaf {
  LeafShape shape = LeafShape::ellipse;
  float radius = 1;            ///< of the circle around it, pixels
  float aspect = 1;            ///< short over long axis
  float waves[3] = {0, 0, 0};  ///< blob: amplitudes of the 2nd, 3rd and 5th harmonic
  float phases[3] = {0, 0, 0};
  int sides = 4;                    ///< polygon
  std::array<float, 16> strokes{};  ///< four segments x0 y0 x1 y1 in the unit box
  float thickness = 0.1F;           ///< of the strokes
  // Texture, in the leaf's own coordinates (pixels of the world).
  float color[3] = {0, 0, 0}, gradient[3] = {0, 0, 0}, tint[3] = {1, 1, 1};
  float noise = 0, noise_scale = 1, noise_u = 0, noise_v = 0;
  int tile = 0;
  Pattern pattern = Pattern::none;
  float pattern_gain = 0, pattern_u = 0, pattern_v = 0, pattern_sharp = 0;
};

/// Where a leaf is at one moment.
struct Pose {
  float x = 0, y = 0;          ///< centre on the screen, pixels
  float cosine = 1, sine = 0;  ///< of its angle on the screen
  float zoom = 1;              ///< pixels of the screen a pixel of the world
  float wave_shift = 0;        ///< deformation: added to the phases of a blob
};

/// Adds `weight` times the picture of the leaves, front to back, to `picture`: three planes of
/// height x width, each pixel the mean of 2 x 2 points. What no leaf covers shows the last one,
/// whatever its shape. `tiles` are periodic textures of unit deviation.
void draw_moment(const std::vector<Leaf>& leaves, const std::vector<Pose>& poses,
                 const float* const* tiles, float weight, float* picture, std::int64_t height,
                 std::int64_t width);

}  // namespace lvtino::world_kernels
