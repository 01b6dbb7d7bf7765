#pragma once

#include "lvtino/core/rng.hpp"

namespace lvtino {

/// Size of a clip of the procedural world.
struct WorldClip {
  std::int64_t frames = 16, height = 160, width = 160;
};

/// A clip of a procedural video world, [1, 3, T, H, W] in [0, 1], a pure function of `rng`: no
/// outside data, the same for any number of threads.
///
/// Dead leaves (Lee, Mumford and Huang, IJCV 2001): shapes whose radii follow r^-3 hide each other
/// from front to back, so that all scales have edges and the spectrum falls like that of
/// photographs. Shapes are ellipses, polygons, wavy blobs, bars and text-like strokes; their
/// textures are gradients, 1/f noise, gratings and checks. The leaves belong to a handful of rigid
/// bodies, each with its own translation, rotation and growth; some leaves deform. A camera pans,
/// zooms, rotates and shakes over them. A pixel is the mean of 2 x 2 points and of as many moments
/// of the open shutter as its motion asks for; then come a lens blur and sensor noise, both often
/// absent.
Tensor render_world(const WorldClip& clip, const Rng& rng);

}  // namespace lvtino
