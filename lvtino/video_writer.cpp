#include "lvtino/video_writer.hpp"

#include <filesystem>

#include "lvtino/core/error.hpp"
#include "lvtino/ffmpeg_writer.hpp"
#include "lvtino/frame_folder.hpp"
#include "lvtino/core/npy.hpp"
#include "lvtino/y4m.hpp"

namespace lvtino {

void write_video(const std::string& path, const Tensor& frames, double frames_per_second) {
  if (frames.dim() != 5 || frames.size(0) != 1 || frames.size(1) != 3 || frames.numel() == 0)
    throw ShapeError(
        text("cannot write ", path, ": expected frames [1, 3, T, H, W], got ", describe(frames)));
  if (frames.scalar_type() != at::kFloat || !frames.is_cpu())
    throw PlacementError(
        text("cannot write ", path, ": expected float32 on the CPU, got ", describe(frames)));
  if (!(frames_per_second > 0 && frames_per_second <= 1000))
    throw IoError(text("cannot write ", path,
                       ": expected a rate in (0, 1000] frames a second, got ", frames_per_second));
  const std::string extension = std::filesystem::path(path).extension().string();
  if (path.ends_with('/')) return write_frame_folder(path, frames);
  if (extension == ".npy") return write_npy(path, frames);
  if (extension == ".y4m") return write_y4m(path, frames, frames_per_second);
  if (extension == ".mkv") return encode_lossless(path, frames, frames_per_second);
  if (extension == ".mp4") return encode_h264(path, frames, frames_per_second);
  throw IoError(text("cannot write ", path,
                     ": expected .npy, .y4m, .mkv, .mp4 or a folder that ends with /"));
}

}  // namespace lvtino
