#include "lvtino/training/examples.hpp"

#include <filesystem>

#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "lvtino/video_reader.hpp"

namespace lvtino::training {
namespace {

// Pixels [1, 3, T, H, W] in [0, 1] to frames [T, 3, H, W] of latents.
Tensor to_frames(const Tensor& pixels) {
  return pixels[0].permute({1, 0, 2, 3}).mul(2).sub(1).contiguous();
}

std::vector<Tensor> read_folder(const DataSpec& data) {
  namespace fs = std::filesystem;
  std::error_code failure;
  std::vector<std::string> paths;
  for (const auto& entry : fs::directory_iterator(data.folder, failure))
    paths.push_back(entry.path().string());
  if (failure) throw IoError(text(data.folder, ": ", failure.message()));
  std::sort(paths.begin(), paths.end());
  std::vector<Tensor> clips;
  for (const std::string& path : paths) {
    const Tensor frames = to_frames(read_video_file(path).frames);
    if (frames.size(0) < data.frames || frames.size(2) < data.height || frames.size(3) < data.width)
      throw IoError(text(path, ": expected at least ", data.frames, " frames of ", data.width, "x",
                         data.height, ", got ", frames.size(0), " of ", frames.size(3), "x",
                         frames.size(2)));
    clips.push_back(frames);
  }
  if (clips.empty()) throw IoError(text(data.folder, ": no clip to train on"));
  return clips;
}

}  // namespace

ExampleStream::ExampleStream(const TrainingSpec& spec, const Rng& rng, at::Device device)
    : spec_(spec), rng_(rng), device_(device) {
  if (!spec.data.folder.empty())
    for (const Tensor& clip : read_folder(spec.data)) files_.push_back(clip.to(device));
}

Tensor ExampleStream::rendered(std::int64_t number) const {
  return to_frames(render_world(spec_.data.clip, rng_.fork("world", number)));
}

// Procedural clips are asked for in the order of their numbers, or again while they are held.
Tensor ExampleStream::clip(std::int64_t number) {
  if (!files_.empty()) return files_[std::size_t(number) % files_.size()];
  if (held_.empty() && ahead_.empty()) first_held_ = number;
  while (first_held_ + std::int64_t(held_.size()) <= number) {
    const std::int64_t next = first_held_ + std::int64_t(held_.size());
    const std::int64_t wanted = device_.is_cpu() ? 0 : thread_count();
    while (std::int64_t(ahead_.size()) < wanted)
      ahead_.push_back(
          std::async(std::launch::async, [this, n = next + std::int64_t(ahead_.size())] {
            thread_count();  // torch sets its number of threads as a thread first asks
            const SingleThreaded here;
            return rendered(n);
          }));
    if (ahead_.empty()) {
      held_.push_back(rendered(next).to(device_));
    } else {
      held_.push_back(ahead_.front().get().to(device_));
      ahead_.pop_front();
    }
    if (std::int64_t(held_.size()) > spec_.data.kept) held_.pop_front(), ++first_held_;
  }
  return held_[std::size_t(number - first_held_)];
}

Tensor ExampleStream::crop(const Tensor& clip, std::int64_t frames, const Rng& rng) const {
  const auto from = [&](std::int64_t axis, std::int64_t size, std::int64_t index) {
    return rng.below(clip.size(axis) - size + 1, index);
  };
  Tensor out = clip.narrow(0, from(0, frames, 0), frames)
                   .narrow(2, from(2, spec_.data.height, 1), spec_.data.height)
                   .narrow(3, from(3, spec_.data.width, 2), spec_.data.width);
  std::vector<std::int64_t> flipped;
  for (std::int64_t axis : {0, 2, 3})
    if (rng.below(2, 3 + axis) == 1) flipped.push_back(axis);
  if (!flipped.empty()) out = out.flip(flipped);
  if (spec_.data.height == spec_.data.width && rng.below(2, 7) == 1) out = out.transpose(2, 3);
  return out;
}

Tensor ExampleStream::example(std::int64_t step, std::int64_t index) {
  const std::int64_t newest = spec_.data.kept - 1 + step / spec_.data.clip_every;
  const Rng rng = rng_.fork("example", step).fork("index", index);
  // Oldest first, so that what is held after a resume is what was held before.
  if (files_.empty() && held_.empty())
    for (std::int64_t number = newest - spec_.data.kept + 1; number < newest; ++number)
      clip(number);
  if (files_.empty()) clip(newest);
  const std::int64_t choices = files_.empty() ? spec_.data.kept : std::int64_t(files_.size());
  const auto pick = [&](const Rng& draw) {
    const std::int64_t back = draw.below(choices, 100);
    return clip(files_.empty() ? newest - back : back);
  };
  if (spec_.network.temporal) return crop(pick(rng), spec_.data.frames, rng).contiguous();
  std::vector<Tensor> images;
  for (std::int64_t i = 0; i < spec_.data.frames; ++i) {
    const Rng draw = rng.fork("image", i);
    images.push_back(crop(pick(draw), 1, draw));
  }
  return at::cat(images);
}

std::vector<Tensor> ExampleStream::validation(const TrainingSpec& spec, at::Device device) {
  std::vector<Tensor> clips;
  for (std::int64_t i = 0; i < spec.validation_clips; ++i)
    clips.push_back(
        to_frames(render_world(spec.data.clip, Rng(0).fork("validation world", i))).to(device));
  return clips;
}

}  // namespace lvtino::training
