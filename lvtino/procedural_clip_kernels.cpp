#include "lvtino/procedural_clip_kernels.hpp"

#include <algorithm>
#include <cmath>

#include "lvtino/core/parallel.hpp"

namespace lvtino::kernels {
namespace {

constexpr int kOctaves = 6, kTintOctaves = 2;
constexpr double kLongestWave = 96;  // pixels
constexpr float kMargin = 0.02f;

struct Colour {
  float channel[3];
};

float fade(float t) { return t * t * t * (t * (6 * t - 15) + 10); }

// Smooth interpolation of the table at (y, x).
float smooth_noise(const float* table, double y, double x) {
  const double floor_y = std::floor(y), floor_x = std::floor(x);
  const auto wrap = [](double i) { return std::int64_t(i) & (kTableSide - 1); };
  const std::int64_t y0 = wrap(floor_y), y1 = (y0 + 1) & (kTableSide - 1);
  const std::int64_t x0 = wrap(floor_x), x1 = (x0 + 1) & (kTableSide - 1);
  const float v = fade(float(y - floor_y)), u = fade(float(x - floor_x));
  const float* top = table + y0 * kTableSide;
  const float* bottom = table + y1 * kTableSide;
  const float above = top[x0] + u * (top[x1] - top[x0]);
  const float below = bottom[x0] + u * (bottom[x1] - bottom[x0]);
  return above + v * (below - above);
}

// Octave o has wave length kLongestWave / 2^o and amplitude 0.7^o: about a 1/f spectrum.
float octaves(const float* table, double y, double x, int count, double shift) {
  double frequency = 1 / kLongestWave;
  float sum = 0, amplitude = 1;
  for (int o = 0; o < count; ++o, frequency *= 2, amplitude *= 0.70f)
    sum += amplitude * smooth_noise(table, y * frequency + shift + 37.3 * o,
                                    x * frequency + 3 * shift + 17.9 * o);
  return sum;
}

Colour texture(const float* table, double y, double x, const float* tint) {
  const float level = octaves(table, y, x, kOctaves, 0);
  Colour out;
  for (int c = 0; c < 3; ++c)
    out.channel[c] =
        tint[c] + 0.22f * level + 0.08f * octaves(table, y, x, kTintOctaves, 51.7 + 29 * c);
  return out;
}

Colour background(const Scene& scene, double t, double y, double x, double height) {
  constexpr float kTint[3] = {0.48f, 0.50f, 0.46f};
  Colour out = texture(scene.table, y + t * scene.pan_y, x + t * scene.pan_x, kTint);
  const float light = float(1.08 - 0.2 * y / height);  // lighter at the top, fixed to the camera
  for (float& value : out.channel) value *= light;
  return out;
}

// The last disc that covers the point hides everything below.
Colour color_at(const Scene& scene, double t, double y, double x, double height) {
  for (auto disc = scene.discs.rbegin(); disc != scene.discs.rend(); ++disc) {
    const double dy = y - disc->center_y - t * disc->speed_y;
    const double dx = x - disc->center_x - t * disc->speed_x;
    const double squared = (dy * dy + dx * dx) / (disc->radius * disc->radius);
    if (squared >= 1) continue;
    Colour out = texture(scene.table, dy + disc->texture_y, dx + disc->texture_x, disc->tint);
    const float shade =
        float(0.55 + 0.5 * std::sqrt(1 - squared));  // as of a ball lit from the front
    for (float& value : out.channel) value *= shade;
    return out;
  }
  return background(scene, t, y, x, height);
}

}  // namespace

void render_scene(const Scene& scene, float* out, std::int64_t frames, std::int64_t height,
                  std::int64_t width) {
  const std::int64_t channel = frames * height * width;
  parallel_for(frames * height, 4, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t line = begin; line < end; ++line) {
      const double t = double(line / height), y = double(line % height);
      for (std::int64_t x = 0; x < width; ++x) {
        float sum[3] = {};
        for (const double a : {0.25, 0.75})
          for (const double b : {0.25, 0.75}) {
            const Colour sample = color_at(scene, t, y + a, double(x) + b, double(height));
            for (int c = 0; c < 3; ++c)
              sum[c] += std::clamp(sample.channel[c], kMargin, 1 - kMargin);
          }
        for (int c = 0; c < 3; ++c) out[c * channel + line * width + x] = sum[c] / 4;
      }
    }
  });
}

}  // namespace lvtino::kernels
