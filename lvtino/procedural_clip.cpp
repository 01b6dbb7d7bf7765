#include "lvtino/procedural_clip.hpp"

#include <numbers>

#include "lvtino/core/rng.hpp"
#include "lvtino/procedural_clip_kernels.hpp"

namespace lvtino {

ProceduralClip read_procedural_clip(const SpecReader& spec, const ProceduralClip& fallback) {
  constexpr std::int64_t kLargest = 16384;
  ProceduralClip clip;
  clip.seed = spec.integer("seed", {.doc = "of the scene", .fallback = fallback.seed, .low = 0});
  clip.frames = spec.integer(
      "frames",
      {.doc = "number of frames", .fallback = fallback.frames, .low = 1, .high = kLargest});
  clip.height = spec.integer(
      "height", {.doc = "pixels", .fallback = fallback.height, .low = 1, .high = kLargest});
  clip.width = spec.integer(
      "width", {.doc = "pixels", .fallback = fallback.width, .low = 1, .high = kLargest});
  clip.discs = spec.integer("discs", {.doc = "moving discs in front of the background",
                                      .fallback = fallback.discs,
                                      .low = 0,
                                      .high = 100});
  clip.motion = spec.number("motion", {.doc = "pan of the background, pixels a frame",
                                       .fallback = fallback.motion,
                                       .low = 0,
                                       .high = 1000});
  clip.frames_per_second = spec.number("frames_per_second", {.doc = "rate of playing",
                                                             .fallback = fallback.frames_per_second,
                                                             .low = 0,
                                                             .high = 1000,
                                                             .above_low = true});
  constexpr std::int64_t kMostPixels = std::int64_t(1) << 30;
  if (clip.frames * clip.height > kMostPixels / clip.width)
    throw spec.error("", text("expected at most 2^30 pixels in all, got ", clip.frames,
                              " frames of ", clip.height, "x", clip.width));
  return clip;
}

Video render(const ProceduralClip& clip) {
  const Rng rng = Rng(std::uint64_t(clip.seed)).fork("procedural_clip");
  const std::int64_t side = kernels::kTableSide;
  const Tensor table = rng.fork("texture").uniform({side, side}, Placement{}).mul(2).sub(1);
  const Tensor draws = rng.fork("discs").uniform({clip.discs + 1, 9}, Placement{at::kDouble});
  const auto draw = [&](std::int64_t row, int column) { return draws[row][column].item<double>(); };
  kernels::Scene scene{.table = table.const_data_ptr<float>()};
  const double direction = 2 * std::numbers::pi * draw(clip.discs, 0);
  scene.pan_y = 0.4 * clip.motion * std::sin(direction),
  scene.pan_x = clip.motion * std::cos(direction);
  const double smaller = double(std::min(clip.height, clip.width));
  for (std::int64_t i = 0; i < clip.discs; ++i) {
    const double heading = 2 * std::numbers::pi * draw(i, 0), speed = 2 * clip.motion * draw(i, 1);
    // Placed so that the disc crosses its drawn position in the middle of the clip.
    const double middle = 0.5 * double(clip.frames - 1);
    kernels::Disc disc{.speed_y = speed * std::sin(heading), .speed_x = speed * std::cos(heading)};
    disc.center_y = draw(i, 2) * double(clip.height) - middle * disc.speed_y;
    disc.center_x = draw(i, 3) * double(clip.width) - middle * disc.speed_x;
    disc.radius = smaller * (0.08 + 0.12 * draw(i, 4));
    disc.texture_y = 4096 * draw(i, 5), disc.texture_x = 4096 * draw(i, 6);
    const double hue = draw(i, 7), level = 0.5 + 0.2 * draw(i, 8);
    for (int c = 0; c < 3; ++c)
      disc.tint[c] = float(level + 0.25 * std::cos(2 * std::numbers::pi * (hue + c / 3.0)));
    scene.discs.push_back(disc);
  }
  Tensor frames = at::empty({1, 3, clip.frames, clip.height, clip.width}, at::kFloat);
  kernels::render_scene(scene, frames.data_ptr<float>(), clip.frames, clip.height, clip.width);
  return {.frames = frames,
          .frames_per_second = clip.frames_per_second,
          .origin = text("procedural scene, seed ", clip.seed)};
}

}  // namespace lvtino
