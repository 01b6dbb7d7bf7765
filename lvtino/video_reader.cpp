#include "lvtino/video_reader.hpp"

#include <filesystem>

#include "lvtino/core/error.hpp"
#include "lvtino/ffmpeg_reader.hpp"
#include "lvtino/frame_folder.hpp"
#include "lvtino/video_npy.hpp"
#include "lvtino/y4m.hpp"

namespace lvtino {
namespace {

constexpr double kNominalFramesPerSecond = 25;
constexpr std::int64_t kMostValues = std::int64_t(1) << 32;

void check_frame(const Tensor& frame, const std::vector<Tensor>& before, std::int64_t index,
                 const std::string& path) {
  if (!before.empty() && frame.sizes() != before.front().sizes())
    throw IoError(text(path, ": frame ", index, " is ", describe(frame), ", the first one is ",
                       describe(before.front())));
  if (count_non_finite(frame) > 0)
    throw IoError(text(path, ": frame ", index, " has ", count_non_finite(frame),
                       " values that are not finite"));
  constexpr double kFarOutside = 8;
  const double largest = frame.abs().max().item<double>();
  if (largest > kFarOutside)
    throw IoError(text(path, ": frame ", index, " has a value of size ", largest,
                       "; expected pixels in [0, 1] (float) or 0 to 255 (uint8)"));
  if (std::int64_t(before.size() + 1) > kMostValues / frame.numel())
    throw IoError(text(path, ": more than 2^32 values; ask for fewer frames or a smaller size"));
}

}  // namespace

std::unique_ptr<FrameReader> open_frames(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code failure;
  if (fs::is_directory(path, failure)) return open_frame_folder(path);
  if (!fs::is_regular_file(path, failure)) throw IoError(text("no file ", path));
  if (fs::file_size(path, failure) == 0) throw IoError(text(path, ": the file is empty"));
  const std::string extension = fs::path(path).extension().string();
  if (extension == ".y4m") return open_y4m(path);
  if (extension == ".npy") return open_npy_video(path);
  return open_ffmpeg(path);
}

Video read_video_file(const std::string& path, const FrameChoice& choice, const FrameEdit& edit) {
  const std::unique_ptr<FrameReader> reader = open_frames(path);
  std::vector<Tensor> kept;
  std::int64_t index = 0;
  const auto wants_more = [&] {
    return choice.count == 0 || std::int64_t(kept.size()) < choice.count;
  };
  for (; wants_more() && reader->advance(); ++index) {
    if (index < choice.first || (index - choice.first) % choice.step != 0) continue;
    const Tensor frame = edit ? edit(reader->frame()) : reader->frame();
    check_frame(frame, kept, index, path);
    kept.push_back(frame);
  }
  if (kept.empty() || std::int64_t(kept.size()) < choice.count)
    throw IoError(text(path, ": expected ", choice.count == 0 ? "at least 1" : text(choice.count),
                       " frames from frame ", choice.first, " in steps of ", choice.step,
                       "; the file has ", index, " frames, which gives ", kept.size()));
  const double rate = reader->frames_per_second();
  return {.frames = at::stack(kept, 1).unsqueeze(0),
          .frames_per_second = (rate > 0 ? rate : kNominalFramesPerSecond) / double(choice.step),
          .origin = text(std::filesystem::path(path).filename().string(), ", ", kept.size(),
                         " frames from frame ", choice.first,
                         choice.step == 1 ? "" : text(" in steps of ", choice.step))};
}

}  // namespace lvtino
