#include "lvtino/video_source.hpp"

#include <filesystem>

#include "lvtino/jpeg_clip.hpp"
#include "lvtino/procedural_clip.hpp"
#include "lvtino/world.hpp"
#include "lvtino/video_reader.hpp"
#include "lvtino/video_resize.hpp"

namespace lvtino {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t kLargestSide = 16384;

struct Rectangle {
  std::int64_t top = 0, left = 0, height = 0, width = 0;
};

std::int64_t side(const SpecReader& spec, std::string_view key) {
  return spec.integer(key, {.doc = "pixels", .low = 1, .high = kLargestSide});
}

struct FileSpec {
  std::string path;
  FrameChoice choice;
  double frames_per_second = 0;
  std::optional<SpecReader> crop_spec, resize_spec, stand_in_spec;
  Rectangle crop, resize;
  ProceduralClip stand_in;
};

// The stand-in has the size that the file's clip would have, as far as the spec tells.
ProceduralClip like(const FileSpec& file) {
  ProceduralClip clip;
  if (file.choice.count > 0) clip.frames = file.choice.count;
  if (file.frames_per_second > 0) clip.frames_per_second = file.frames_per_second;
  if (file.crop_spec) clip.height = file.crop.height, clip.width = file.crop.width;
  if (file.resize_spec) clip.height = file.resize.height, clip.width = file.resize.width;
  return clip;
}

FileSpec read_file_spec(const SpecReader& spec) {
  FileSpec file;
  file.path = spec.string(
      "path", {.doc = "video file, folder of pictures, .y4m or .npy; relative to the spec"});
  file.choice.first =
      spec.integer("first_frame", {.doc = "counted from 0", .fallback = 0, .low = 0});
  file.choice.count =
      spec.integer("frames", {.doc = "how many; 0: all that follow", .fallback = 0, .low = 0});
  file.choice.step =
      spec.integer("step", {.doc = "take every step-th frame", .fallback = 1, .low = 1});
  file.frames_per_second = spec.number(
      "frames_per_second",
      {.doc = "rate of playing; 0: the file's own", .fallback = 0, .low = 0, .high = 1000});
  file.crop_spec = spec.child_if("crop", "rectangle of the stored frame that is kept");
  if (file.crop_spec) {
    const IntegerField corner{.doc = "pixels", .fallback = 0, .low = 0, .high = kLargestSide};
    file.crop = {file.crop_spec->integer("top", corner), file.crop_spec->integer("left", corner),
                 side(*file.crop_spec, "height"), side(*file.crop_spec, "width")};
  }
  file.resize_spec = spec.child_if(
      "resize", "scaled without stretching to cover this size, then cut around the centre");
  if (file.resize_spec)
    file.resize = {0, 0, side(*file.resize_spec, "height"), side(*file.resize_spec, "width")};
  file.stand_in_spec = spec.child_if("stand_in", "scene that takes the place of a missing file");
  if (file.stand_in_spec) {
    file.stand_in_spec->type({"procedural"});
    file.stand_in = read_procedural_clip(*file.stand_in_spec, like(file));
  }
  return file;
}

Tensor edited(const FileSpec& file, const Tensor& frame) {
  Tensor out = frame;
  if (file.crop_spec) {
    const Rectangle& crop = file.crop;
    if (crop.top + crop.height > frame.size(1) || crop.left + crop.width > frame.size(2))
      throw file.crop_spec->error(
          "", text("expected a rectangle inside the frame of ", frame.size(1), "x", frame.size(2),
                   ", got rows ", crop.top, " to ", crop.top + crop.height, ", columns ", crop.left,
                   " to ", crop.left + crop.width));
    out = out.narrow(1, crop.top, crop.height).narrow(2, crop.left, crop.width).contiguous();
  }
  return file.resize_spec ? resize_to_cover(out, file.resize.height, file.resize.width) : out;
}

Video read_file(const SpecReader& spec, const std::string& base_folder) {
  const FileSpec file = read_file_spec(spec);
  const fs::path path = fs::path(base_folder) / file.path;
  std::error_code ignored;
  if (file.path.empty() || !fs::exists(path, ignored)) {
    if (!file.stand_in_spec) throw spec.error("path", text("no file or folder ", path.string()));
    Video video = render(file.stand_in);
    video.stand_in = true;
    video.origin += text(", in the place of ", file.path, ", which is not there");
    return video;
  }
  Video video = read_video_file(path.string(), file.choice,
                                [&](const Tensor& frame) { return edited(file, frame); });
  if (file.frames_per_second > 0) video.frames_per_second = file.frames_per_second;
  return video;
}

Video make_procedural(const SpecReader& spec, const std::string&) {
  return render(read_procedural_clip(spec));
}

Video make_world(const SpecReader& spec, const std::string&) {
  const std::int64_t seed = spec.integer("seed", {.doc = "of the world", .fallback = 0, .low = 0});
  const auto extent = [&](const char* key, std::int64_t fallback) {
    return spec.integer(key, {.doc = "of the clip", .fallback = fallback, .low = 1, .high = 4096});
  };
  WorldClip clip;
  clip.frames = extent("frames", 25), clip.height = extent("height", 192), clip.width = extent("width", 320);
  return {.frames = render_world(clip, Rng(std::uint64_t(seed)).fork("procedural world")),
          .frames_per_second = 25,
          .origin = text("procedural world, seed ", seed)};
}

Video decoded(JpegClip clip) {
  const auto shared = std::make_shared<const JpegClip>(std::move(clip));
  return {.frames = shared->codec({}).decode(shared->levels).clamp_(0, 1),
          .frames_per_second = shared->frames_per_second,
          .origin = shared->origin,
          .jpeg = shared};
}

Video read_jpeg(const SpecReader& spec, const std::string& base_folder) {
  const std::string named = spec.string("path", {.doc = "folder of .jpg files, one such file, or a video of motion JPEG; relative to the spec"});
  FrameChoice choice;
  choice.first = spec.integer("first_frame", {.doc = "counted from 0", .fallback = 0, .low = 0});
  choice.count = spec.integer("frames", {.doc = "how many; 0: all that follow", .fallback = 0, .low = 0});
  choice.step = spec.integer("step", {.doc = "take every step-th frame", .fallback = 1, .low = 1});
  const double rate = spec.number("frames_per_second", {.doc = "rate of playing; 0: the file's own, or 25", .fallback = 0, .low = 0, .high = 1000});
  const auto stand_in = spec.child_if("stand_in", "scene that takes the place of missing files, as JPEG of quality 10");
  ProceduralClip scene;
  if (stand_in) {
    stand_in->type({"procedural"});
    if (choice.count > 0) scene.frames = choice.count;
    scene = read_procedural_clip(*stand_in, scene);
  }
  const fs::path path = fs::path(base_folder) / named;
  std::error_code ignored;
  const bool missing = named.empty() || !fs::exists(path, ignored);
  if (missing && !stand_in) throw spec.error("path", text("no file or folder ", path.string()));
  Video video = decoded(missing ? encode_jpeg_clip(render(scene).frames, 10, "420")
                                : read_jpeg_clip(path.string(), choice));
  if (missing) video.stand_in = true, video.origin += text(", in the place of ", named, ", which is not there");
  if (rate > 0) video.frames_per_second = rate;
  return video;
}

}  // namespace

const Registry<VideoSource>& video_sources() {
  static const Registry<VideoSource> table(
      "video source",
      {{"file", "a video file, a folder of pictures, .y4m or .npy",
        R"({"type": "file", "path": "clip.mp4", "frames": 25, "crop": {"top": 0, "left": 0, "height": 720, "width": 1280}, "resize": {"height": 360, "width": 640}, "stand_in": {"type": "procedural"}})",
        read_file},
       {"jpeg", "JPEG frames or motion JPEG with their coefficients: a measurement as it stands",
        R"({"type": "jpeg", "path": "frames", "frames": 2, "stand_in": {"type": "procedural", "height": 48, "width": 64}})", read_jpeg},
       {"procedural", "a moving textured scene given by formulas",
        R"({"type": "procedural", "seed": 1, "frames": 9, "height": 48, "width": 64})",
        make_procedural},
       {"world", "a clip of the procedural video world that the shipped networks are trained on",
        R"({"type": "world", "seed": 1, "frames": 9, "height": 48, "width": 64})", make_world}});
  return table;
}

Video read_video(const SpecReader& spec, const std::string& base_folder) {
  return video_sources().make(spec, base_folder);
}

}  // namespace lvtino
