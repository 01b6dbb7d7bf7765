#include "lvtino/world.hpp"

#include <numbers>

#include "lvtino/core/error.hpp"
#include "lvtino/world_kernels.hpp"

namespace lvtino {
namespace {

using world_kernels::Leaf;
using world_kernels::LeafShape;
using world_kernels::Pattern;
using world_kernels::Pose;

constexpr double kTwoPi = 2 * std::numbers::pi;
constexpr double kSmallest = 1.5, kLargest = 130;  // radii of leaves, pixels
constexpr std::int64_t kMostLeaves = 9000;
constexpr int kTiles = 3;

// Uniform numbers of one stream, one after the other.
class Draws {
 public:
  explicit Draws(const Rng& rng, std::int64_t count = 128)
      : numbers_(rng.uniform({count}, {at::kDouble})),
        data_(numbers_.const_data_ptr<double>()),
        count_(count) {}

  double uniform(double low = 0, double high = 1) {
    if (next_ == count_)
      throw NumericalError("procedural world: a stream of random numbers is too short");
    return low + (high - low) * data_[next_++];
  }
  bool chance(double probability) { return uniform() < probability; }
  double log_uniform(double low, double high) { return low * std::pow(high / low, uniform()); }
  /// Mean 0, deviation 1, bounded by 3.
  double bell() { return 2 * (uniform() + uniform() + uniform() - 1.5); }
  std::int64_t below(std::int64_t bound) {
    return std::min(bound - 1, std::int64_t(uniform() * double(bound)));
  }

 private:
  Tensor numbers_;
  const double* data_;
  std::int64_t count_, next_ = 0;
};

// A smooth rigid motion: position in pixels, angle and log zoom as functions of the frame.
struct Motion {
  double x = 0, y = 0, speed_x = 0, speed_y = 0, pull_x = 0, pull_y = 0;
  double angle = 0, spin = 0, growth = 0;
  double shake = 0, shake_rate[3] = {}, shake_phase[3] = {};

  struct State {
    double x, y, angle, zoom;
  };
  State at(double t) const {
    double dx = 0, dy = 0, turn = 0;
    if (shake > 0) {
      dx = shake * std::sin(shake_rate[0] * t + shake_phase[0]);
      dy = shake * std::sin(shake_rate[1] * t + shake_phase[1]);
      turn = 0.004 * shake * std::sin(shake_rate[2] * t + shake_phase[2]);
    }
    return {x + speed_x * t + pull_x * t * t / 2 + dx, y + speed_y * t + pull_y * t * t / 2 + dy,
            angle + spin * t + turn, std::exp(growth * t)};
  }
  double reach(double frames) const {
    return std::hypot(speed_x, speed_y) * frames +
           std::hypot(pull_x, pull_y) * frames * frames / 2 + 2 * shake;
  }
};

Motion draw_camera(Draws& draws, double frames) {
  Motion camera;
  if (draws.chance(0.7)) {
    const double speed = draws.log_uniform(0.03, 10), heading = draws.uniform(0, kTwoPi);
    camera.speed_x = speed * std::cos(heading), camera.speed_y = 0.6 * speed * std::sin(heading);
    const double pull = speed * draws.uniform(0, 0.6) / frames, turn = draws.uniform(0, kTwoPi);
    camera.pull_x = pull * std::cos(turn), camera.pull_y = pull * std::sin(turn);
  }
  if (draws.chance(0.4)) camera.growth = 0.012 * draws.bell() / 1.5;
  if (draws.chance(0.4)) camera.spin = 0.008 * draws.bell();
  if (draws.chance(0.5)) {
    camera.shake = draws.log_uniform(0.05, 2);
    for (int i = 0; i < 3; ++i)
      camera.shake_rate[i] = draws.uniform(0.15, 0.9),
      camera.shake_phase[i] = draws.uniform(0, kTwoPi);
  }
  return camera;
}

// Bodies: the first is the scenery at rest, the others move in front of it.
std::vector<Motion> draw_bodies(Draws& draws, double frames) {
  std::vector<Motion> bodies(1);
  const std::int64_t movers = draws.below(5);
  for (std::int64_t i = 0; i < movers; ++i) {
    Motion body;
    const double speed = draws.log_uniform(0.1, 8), heading = draws.uniform(0, kTwoPi);
    body.speed_x = speed * std::cos(heading), body.speed_y = speed * std::sin(heading);
    const double pull = speed * draws.uniform(0, 1) / frames, turn = draws.uniform(0, kTwoPi);
    body.pull_x = pull * std::cos(turn), body.pull_y = pull * std::sin(turn);
    if (draws.chance(0.5)) body.spin = 0.03 * draws.bell();
    if (draws.chance(0.3)) body.growth = 0.01 * draws.bell();
    bodies.push_back(body);
  }
  return bodies;
}

// Light and colour of a whole clip: what its leaves are drawn around.
struct Palette {
  double level, contrast, chroma, roughness;
};

void draw_color(Draws& draws, const Palette& palette, float* color) {
  // Two thirds of the leaves are near the clip's level, so that faint edges are as common as strong
  // ones.
  const double spread = draws.chance(0.6) ? 0.35 * draws.bell() : draws.uniform(-1, 1);
  const double light = palette.level + palette.contrast * 0.5 * spread;
  const double warm = palette.chroma * draws.bell() * light,
               green = 0.4 * palette.chroma * draws.bell() * light;
  color[0] = float(light + warm), color[1] = float(light + green), color[2] = float(light - warm);
}

void draw_texture(Draws& draws, const Palette& palette, Leaf& leaf) {
  draw_color(draws, palette, leaf.color);
  const double slope = draws.chance(0.6) ? 0.12 * draws.bell() : 0;
  for (float& g : leaf.gradient) g = float(slope * (1 + 0.3 * draws.bell()));
  for (float& t : leaf.tint) t = float(1 + 0.25 * palette.chroma * draws.bell());
  if (draws.chance(0.75)) leaf.noise = float(palette.roughness * draws.log_uniform(0.1, 1));
  leaf.noise_scale = float(draws.log_uniform(0.25, 1.2));
  leaf.noise_u = float(draws.uniform(0, world_kernels::kTileSide));
  leaf.noise_v = float(draws.uniform(0, world_kernels::kTileSide));
  leaf.tile = int(draws.below(kTiles));
  if (draws.chance(0.12) && leaf.radius > 5) {
    leaf.pattern = draws.chance(0.7) ? Pattern::grating : Pattern::checks;
    const double pitch = kTwoPi / draws.log_uniform(2.5, 24), heading = draws.uniform(0, kTwoPi);
    leaf.pattern_gain = float(palette.contrast * draws.uniform(0.03, 0.3));
    leaf.pattern_u = float(pitch * std::cos(heading)),
    leaf.pattern_v = float(pitch * std::sin(heading));
    leaf.pattern_sharp = float(draws.chance(0.5) ? draws.uniform() : 0);
  }
}

void draw_shape(Draws& draws, Leaf& leaf) {
  const double kind = draws.uniform();
  leaf.aspect = float(draws.uniform(0.35, 1));
  if (kind < 0.3) {
    leaf.shape = LeafShape::ellipse;
  } else if (kind < 0.55) {
    leaf.shape = LeafShape::polygon, leaf.sides = 3 + int(draws.below(4));
  } else if (kind < 0.8) {
    leaf.shape = LeafShape::blob;
    for (int i = 0; i < 3; ++i)
      leaf.waves[i] = float(draws.uniform(0, 0.16)),
      leaf.phases[i] = float(draws.uniform(0, kTwoPi));
  } else if (kind < 0.93 || leaf.radius < 4) {
    leaf.shape = LeafShape::bar, leaf.aspect = float(draws.log_uniform(0.04, 0.6));
  } else {
    leaf.shape = LeafShape::strokes, leaf.thickness = float(draws.uniform(0.06, 0.16));
    for (float& end : leaf.strokes) end = float(draws.uniform(-0.65, 0.65));
  }
}

// A leaf of the scene: what it looks like, and how it is fixed to a body.
struct Placed {
  std::size_t body = 0;
  double x = 0, y = 0, angle = 0;
  double wobble = 0;  ///< radians a frame that a blob's edge runs round
};

struct Scene {
  std::vector<Leaf> leaves;
  std::vector<Placed> places;
  std::vector<Motion> bodies;
  Motion camera;
};

// Area that leaves must fill, so that the camera never leaves it.
struct Extent {
  double height, width;
};

Scene draw_scene(const WorldClip& clip, const Rng& rng) {
  Draws draws(rng.fork("scene"), 256);
  const double frames = double(clip.frames);
  Scene scene{.bodies = draw_bodies(draws, frames), .camera = draw_camera(draws, frames)};
  const double margin = 2 * scene.camera.reach(frames / 2) + 40;
  const Extent extent{double(clip.height) + margin, double(clip.width) + margin};
  const Palette palette{draws.uniform(0.25, 0.7), draws.uniform(0.4, 1.6), draws.uniform(0, 0.25),
                        draws.log_uniform(0.01, 0.15)};
  // Calm clips have few small leaves.
  const double smallest = draws.log_uniform(kSmallest, 30);
  std::vector<Extent> centers;
  for (std::size_t b = 0; b < scene.bodies.size(); ++b)
    centers.push_back({draws.uniform(-0.5, 0.5) * double(clip.height),
                       draws.uniform(-0.5, 0.5) * double(clip.width)});
  const double body_size = draws.uniform(0.1, 0.3) * double(std::min(clip.height, clip.width));

  double area = 0;
  const double wanted = 4 * extent.height * extent.width;
  for (std::int64_t i = 0; i < kMostLeaves && area < wanted; ++i) {
    Draws leaf_draws(rng.fork("leaf", i));
    Leaf leaf;
    Placed place;
    // The tail function of r^-3 between the limits, inverted.
    const double low = 1 / (smallest * smallest), high = 1 / (kLargest * kLargest);
    leaf.radius = float(1 / std::sqrt(low - leaf_draws.uniform() * (low - high)));
    if (scene.bodies.size() > 1 && leaf_draws.chance(0.25)) {
      place.body = std::size_t(1 + leaf_draws.below(std::int64_t(scene.bodies.size()) - 1));
      leaf.radius = std::min(leaf.radius, float(body_size));
      place.y = centers[place.body].height + 0.5 * body_size * leaf_draws.bell();
      place.x = centers[place.body].width + 0.5 * body_size * leaf_draws.bell();
    } else {
      place.y = leaf_draws.uniform(-0.5, 0.5) * extent.height;
      place.x = leaf_draws.uniform(-0.5, 0.5) * extent.width;
      area += double(leaf.radius) * double(leaf.radius) * 2;
    }
    place.angle = leaf_draws.uniform(0, kTwoPi);
    if (leaf_draws.chance(0.1)) place.wobble = 0.15 * leaf_draws.bell();
    draw_shape(leaf_draws, leaf);
    draw_texture(leaf_draws, palette, leaf);
    scene.leaves.push_back(leaf);
    scene.places.push_back(place);
  }
  Draws ground_draws(rng.fork("ground"));
  Leaf ground{.radius = float(std::max(extent.height, extent.width))};
  draw_texture(ground_draws, palette, ground);
  scene.leaves.push_back(ground);
  scene.places.push_back({});
  return scene;
}

std::vector<Pose> poses_at(const Scene& scene, double t, const WorldClip& clip) {
  const auto camera = scene.camera.at(t);
  std::vector<Motion::State> bodies;
  for (const Motion& body : scene.bodies) bodies.push_back(body.at(t));
  std::vector<Pose> poses;
  poses.reserve(scene.leaves.size());
  const double ca = std::cos(camera.angle), sa = std::sin(camera.angle);
  for (const Placed& place : scene.places) {
    const auto& body = bodies[place.body];
    const double cb = std::cos(body.angle), sb = std::sin(body.angle);
    const double wx = body.x + body.zoom * (cb * place.x - sb * place.y) - camera.x;
    const double wy = body.y + body.zoom * (sb * place.x + cb * place.y) - camera.y;
    const double angle = place.angle + body.angle + camera.angle;
    poses.push_back({.x = float(camera.zoom * (ca * wx - sa * wy) + double(clip.width) / 2),
                     .y = float(camera.zoom * (sa * wx + ca * wy) + double(clip.height) / 2),
                     .cosine = float(std::cos(angle)),
                     .sine = float(std::sin(angle)),
                     .zoom = float(camera.zoom * body.zoom),
                     .wave_shift = float(place.wobble * t)});
  }
  return poses;
}

// Periodic textures of unit deviation with amplitude spectra f^-a.
Tensor draw_tiles(const Rng& rng) {
  const Tensor f = at::fft_fftfreq(world_kernels::kTileSide, 1.0, at::TensorOptions(at::kFloat));
  const Tensor g = at::fft_rfftfreq(world_kernels::kTileSide, 1.0, at::TensorOptions(at::kFloat));
  const Tensor radius = at::sqrt(f.square().unsqueeze(1) + g.square().unsqueeze(0) + 1e-5);
  const Tensor white = rng.normal({kTiles, world_kernels::kTileSide, world_kernels::kTileSide}, {});
  std::vector<Tensor> tiles;
  for (int i = 0; i < kTiles; ++i) {
    const Tensor spectrum = at::fft_rfft2(white[i]) * at::pow(radius, -0.7 - 0.4 * i);
    const Tensor tile = at::fft_irfft2(spectrum).contiguous();
    const Tensor centered = tile - mean_value(tile);
    tiles.push_back(centered * (double(world_kernels::kTileSide) / l2_norm(centered)));
  }
  return at::stack(tiles).contiguous();
}

Tensor lens_blur(const Tensor& frames, double deviation) {
  const auto reach = std::int64_t(std::ceil(3 * deviation));
  const Tensor at = at::arange(-reach, reach + 1, at::kFloat);
  Tensor taps = at::exp(-at.square() / (2 * deviation * deviation));
  taps = taps / taps.sum();
  const Tensor planes =
      at::replication_pad2d(frames.flatten(0, 1), {reach, reach, reach, reach}).unsqueeze(1);
  const Tensor rows = at::conv2d(planes, taps.view({1, 1, -1, 1}));
  return at::conv2d(rows, taps.view({1, 1, 1, -1})).view_as(frames);
}

}  // namespace

Tensor render_world(const WorldClip& clip, const Rng& rng) {
  if (clip.frames < 1 || clip.height < 1 || clip.width < 1)
    throw ShapeError(text("procedural world: expected frames, height and width >= 1, got ",
                          clip.frames, ", ", clip.height, ", ", clip.width));
  const Scene scene = draw_scene(clip, rng);
  const Tensor tiles = draw_tiles(rng.fork("tiles"));
  const float* tile_of[kTiles];
  for (int i = 0; i < kTiles; ++i) tile_of[i] = tiles[i].const_data_ptr<float>();

  Draws optics(rng.fork("optics"));
  const double shutter = optics.chance(0.5) ? optics.uniform(0.05, 1) : 0;
  const double speed = scene.camera.reach(1) + 3;  // bodies add a little
  const auto moments =
      shutter > 0 ? std::clamp<std::int64_t>(std::int64_t(shutter * speed), 2, 6) : 1;
  // [T, 3, H, W] while it is drawn: a frame is three planes.
  Tensor frames = at::zeros({clip.frames, 3, clip.height, clip.width}, at::kFloat);
  for (std::int64_t t = 0; t < clip.frames; ++t)
    for (std::int64_t m = 0; m < moments; ++m) {
      const double at =
          double(t) - double(clip.frames) / 2 + shutter * (double(m) + 0.5) / double(moments);
      world_kernels::draw_moment(scene.leaves, poses_at(scene, at, clip), tile_of,
                                 1 / float(moments), frames[t].data_ptr<float>(), clip.height,
                                 clip.width);
    }
  if (optics.chance(0.6)) frames = lens_blur(frames, optics.uniform(0.3, 1.1));
  if (optics.chance(0.3))
    frames =
        frames +
        rng.fork("sensor").normal(shape_of(frames), {}).mul_(optics.log_uniform(0.0005, 0.006));
  return frames.clamp_(0, 1).permute({1, 0, 2, 3}).unsqueeze(0).contiguous();
}

}  // namespace lvtino
