#include "lvtino/world_kernels.hpp"

#include <algorithm>
#include <cmath>

namespace lvtino::world_kernels {
namespace {

constexpr float kPi = 3.14159265F;

// Squared distance of (u, v) from a segment.
float squared_distance(float u, float v, const float* segment) {
  const float dx = segment[2] - segment[0], dy = segment[3] - segment[1];
  const float along =
      ((u - segment[0]) * dx + (v - segment[1]) * dy) / std::max(dx * dx + dy * dy, 1e-6F);
  const float at = std::clamp(along, 0.F, 1.F);
  const float x = u - segment[0] - at * dx, y = v - segment[1] - at * dy;
  return x * x + y * y;
}

// (u, v) in units of the leaf's radius.
bool inside(const Leaf& leaf, float u, float v, float wave_shift) {
  const float square = u * u + v * v;
  if (square > 1) return false;
  const float w = v / leaf.aspect;
  switch (leaf.shape) {
    case LeafShape::ellipse:
      return u * u + w * w <= 1;
    case LeafShape::bar:
      return std::abs(w) <= 1;
    case LeafShape::polygon: {
      const float step = 2 * kPi / float(leaf.sides);
      const float angle = std::atan2(w, u);
      const float off = angle - step * std::floor(angle / step) - step / 2;
      return std::sqrt(u * u + w * w) * std::cos(off) <= std::cos(step / 2);
    }
    case LeafShape::blob: {
      const float angle = std::atan2(v, u);
      const float edge = 0.6F + leaf.waves[0] * std::cos(2 * angle + leaf.phases[0] + wave_shift) +
                         leaf.waves[1] * std::cos(3 * angle + leaf.phases[1] - wave_shift) +
                         leaf.waves[2] * std::cos(5 * angle + leaf.phases[2] + 2 * wave_shift);
      return square <= edge * edge;
    }
    case LeafShape::strokes:
      for (int i = 0; i < 4; ++i)
        if (squared_distance(u, v, &leaf.strokes[std::size_t(4 * i)]) <
            leaf.thickness * leaf.thickness)
          return true;
      return false;
  }
  return false;
}

float texture(const float* tile, float u, float v) {
  const float fu = std::floor(u), fv = std::floor(v);
  const float a = u - fu, b = v - fv;
  const int x = int(fu) & (kTileSide - 1), y = int(fv) & (kTileSide - 1);
  const int x1 = (x + 1) & (kTileSide - 1), y1 = (y + 1) & (kTileSide - 1);
  const float top = tile[y * kTileSide + x] * (1 - a) + tile[y * kTileSide + x1] * a;
  const float bottom = tile[y1 * kTileSide + x] * (1 - a) + tile[y1 * kTileSide + x1] * a;
  return top * (1 - b) + bottom * b;
}

// A wave of unit amplitude, from a sine (sharp = 0) to a square.
float wave(float phase, float sharp) {
  const float s = std::sin(phase);
  return sharp == 0 ? s : std::clamp(s * (1 + 8 * sharp), -1.F, 1.F);
}

// Colour at (u, v) pixels of the world from the leaf's centre.
void shade(const Leaf& leaf, const float* const* tiles, float u, float v, float* rgb) {
  float light = 0;
  if (leaf.noise > 0)
    light += leaf.noise * texture(tiles[leaf.tile], u * leaf.noise_scale + leaf.noise_u,
                                  v * leaf.noise_scale + leaf.noise_v);
  if (leaf.pattern == Pattern::grating)
    light += leaf.pattern_gain * wave(u * leaf.pattern_u + v * leaf.pattern_v, leaf.pattern_sharp);
  else if (leaf.pattern == Pattern::checks)
    light += leaf.pattern_gain * wave(u * leaf.pattern_u, leaf.pattern_sharp) *
             wave(v * leaf.pattern_u, leaf.pattern_sharp);
  const float slope = u / leaf.radius;
  for (int c = 0; c < 3; ++c)
    rgb[c] = leaf.color[c] + leaf.gradient[c] * slope + leaf.tint[c] * light;
}

// The points of one moment: twice the pixels in each direction.
class Canvas {
 public:
  Canvas(const float* const* tiles, float weight, float* picture, std::int64_t height,
         std::int64_t width)
      : tiles_(tiles),
        weight_(weight / 4),
        picture_(picture),
        height_(height),
        width_(width),
        free_(std::size_t(4 * height * width), 1),
        left_(4 * height * width) {}

  bool full() const { return left_ == 0; }

  void draw(const Leaf& leaf, const Pose& pose, bool everywhere) {
    const float reach = leaf.radius * pose.zoom;
    const std::int64_t rows = 2 * height_, columns = 2 * width_;
    const auto low = [&](float center) {
      return std::max<std::int64_t>(0, std::int64_t(2 * (center - reach)));
    };
    const auto high = [&](float center, std::int64_t most) {
      return std::min<std::int64_t>(most, std::int64_t(2 * (center + reach)) + 2);
    };
    const std::int64_t top = everywhere ? 0 : low(pose.y),
                       bottom = everywhere ? rows : high(pose.y, rows);
    const std::int64_t left = everywhere ? 0 : low(pose.x),
                       right = everywhere ? columns : high(pose.x, columns);
    const float unit = 1 / pose.zoom, to_radius = 1 / leaf.radius;
    for (std::int64_t i = top; i < bottom; ++i) {
      const float dy = (float(i) + 0.5F) / 2 - pose.y;
      for (std::int64_t j = left; j < right; ++j) {
        if (!free_[std::size_t(i * columns + j)]) continue;
        const float dx = (float(j) + 0.5F) / 2 - pose.x;
        const float u = (pose.cosine * dx + pose.sine * dy) * unit;
        const float v = (pose.cosine * dy - pose.sine * dx) * unit;
        if (!everywhere && !inside(leaf, u * to_radius, v * to_radius, pose.wave_shift)) continue;
        fill(i, j, leaf, u, v);
      }
    }
  }

 private:
  void fill(std::int64_t i, std::int64_t j, const Leaf& leaf, float u, float v) {
    free_[std::size_t(i * 2 * width_ + j)] = 0;
    --left_;
    float rgb[3];
    shade(leaf, tiles_, u, v, rgb);
    const std::int64_t at = (i / 2) * width_ + j / 2;
    for (int c = 0; c < 3; ++c)
      picture_[c * height_ * width_ + at] += weight_ * std::clamp(rgb[c], 0.F, 1.F);
  }

  const float* const* tiles_;
  float weight_;
  float* picture_;
  std::int64_t height_, width_;
  std::vector<char> free_;
  std::int64_t left_;
};

}  // namespace

void draw_moment(const std::vector<Leaf>& leaves, const std::vector<Pose>& poses,
                 const float* const* tiles, float weight, float* picture, std::int64_t height,
                 std::int64_t width) {
  Canvas canvas(tiles, weight, picture, height, width);
  for (std::size_t i = 0; i < leaves.size() && !canvas.full(); ++i) {
    const float reach = leaves[i].radius * poses[i].zoom;
    const bool everywhere = i + 1 == leaves.size();
    const bool seen = poses[i].x + reach > 0 && poses[i].x - reach < float(width) &&
                      poses[i].y + reach > 0 && poses[i].y - reach < float(height);
    if (seen || everywhere) canvas.draw(leaves[i], poses[i], everywhere);
  }
}

}  // namespace lvtino::world_kernels
