#include "lvtino/jpeg_clip.hpp"

#include <filesystem>
#include <optional>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/ffmpeg_packets.hpp"
#include "lvtino/frame_folder.hpp"

namespace lvtino {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t kMostValues = std::int64_t(1) << 32;

JpegLayout layout_of(const JpegFile& file, const std::string& origin) {
  std::vector<JpegFactors> factors;
  for (const JpegFile::Component& c : file.components) factors.push_back(c.factors);
  try {
    return JpegLayout(file.height, file.width, file.color, factors);
  } catch (const ShapeError& failure) {
    throw IoError(text(origin, ": ", failure.what()));
  }
}

// Collects frames that must agree in everything but content and tables.
class Collector {
 public:
  Collector(std::string path, const FrameChoice& choice) : path_(std::move(path)), choice_(choice) {}

  /// False once there are enough.
  bool take(std::string_view bytes, const std::string& origin) {
    const std::int64_t index = index_++;
    if (index < choice_.first || (index - choice_.first) % choice_.step != 0) return true;
    add(read_jpeg_coefficients(bytes, origin), origin);
    return choice_.count == 0 || std::int64_t(levels_.size()) < choice_.count;
  }

  JpegClip clip(double rate) const {
    if (levels_.empty() || std::int64_t(levels_.size()) < choice_.count)
      throw IoError(text(path_, ": expected ", choice_.count == 0 ? "at least 1" : text(choice_.count),
                         " frames from frame ", choice_.first, " in steps of ", choice_.step,
                         "; the clip has ", index_, " frames, which gives ", levels_.size()));
    bool same = true;
    for (const Tensor& table : steps_) same = same && at::equal(table, steps_.front());
    const auto stacked = [&](const std::vector<Tensor>& rows) {
      return at::stack(rows).view({1, 1, std::int64_t(rows.size()), 1, layout_->values});
    };
    return {.layout = *layout_,
            .levels = stacked(levels_),
            .steps = same ? stacked({steps_.front()}) : stacked(steps_),
            .frames_per_second = (rate > 0 ? rate : 25) / double(choice_.step),
            .origin = text(fs::path(path_).filename().string(), ", ", levels_.size(),
                           " JPEG frames from frame ", choice_.first,
                           choice_.step == 1 ? "" : text(" in steps of ", choice_.step))};
  }

 private:
  void add(const JpegFile& file, const std::string& origin) {
    const JpegLayout layout = layout_of(file, origin);
    if (!layout_) layout_ = layout;
    if (layout.height != layout_->height || layout.width != layout_->width ||
        layout.color != layout_->color || layout.factors != layout_->factors)
      throw IoError(text(origin, ": ", layout.width, "x", layout.height,
                         " pixels; the frames before have another size, colours or sampling factors"));
    if (std::int64_t(levels_.size() + 1) > kMostValues / layout.values)
      throw IoError(text(path_, ": more than 2^32 values; ask for fewer frames"));
    Tensor levels = at::empty({layout.values}, at::kFloat), steps = at::empty_like(levels);
    for (std::size_t i = 0; i < file.components.size(); ++i) {
      const JpegFile::Component& from = file.components[i];
      const JpegComponent& to = layout.components[i];
      if (std::int64_t(from.levels.size()) != to.values())
        throw IoError(text(origin, ": component ", i, " has ", from.levels.size() / 64,
                           " blocks, expected ", to.values() / 64));
      std::copy(from.levels.begin(), from.levels.end(), levels.mutable_data_ptr<float>() + to.begin);
      const std::vector<double> table(from.steps.begin(), from.steps.end());
      steps.narrow(0, to.begin, to.values()).view({-1, 64}).copy_(at::tensor(table, at::kDouble));
    }
    levels_.push_back(levels), steps_.push_back(steps);
  }

  std::string path_;
  FrameChoice choice_;
  std::int64_t index_ = 0;
  std::optional<JpegLayout> layout_;
  std::vector<Tensor> levels_, steps_;
};

bool is_picture(const std::string& path) {
  const std::string extension = fs::path(path).extension().string();
  return extension == ".jpg" || extension == ".jpeg" || extension == ".JPG" || extension == ".JPEG";
}

}  // namespace

JpegCodec JpegClip::codec(const Placement& placement) const {
  const Shape domain = {1, 3, frames(), layout.height, layout.width};
  return JpegCodec(std::make_shared<JpegTransform>(domain, placement, layout), steps.to(placement.dtype));
}

JpegClip encode_jpeg_clip(const Tensor& x, int quality, const std::string& subsampling) {
  JpegLayout layout(x.size(3), x.size(4), JpegColor::ycc, jpeg_factors(subsampling));
  const auto transform = std::make_shared<JpegTransform>(shape_of(x), placement_of(x), layout);
  const JpegCodec codec(transform, standard_steps(*transform, quality));
  return {.layout = std::move(layout),
          .levels = codec.encode(x),
          .steps = codec.steps(),
          .origin = text("JPEG of quality ", quality, ", ", subsampling)};
}

JpegClip read_jpeg_clip(const std::string& path, const FrameChoice& choice) {
  std::error_code failure;
  Collector frames(path, choice);
  if (fs::is_directory(path, failure)) {
    for (const std::string& file : list_frames(path))
      if (!frames.take(read_file(file), file)) break;
    return frames.clip(0);
  }
  if (!fs::is_regular_file(path, failure)) throw IoError(text("no file ", path));
  if (is_picture(path)) {
    frames.take(read_file(path), path);
    return frames.clip(0);
  }
  std::int64_t index = 0;
  const double rate = read_jpeg_packets(path, [&](std::string_view bytes) {
    return frames.take(bytes, text(path, ", frame ", index++));
  });
  return frames.clip(rate);
}

}  // namespace lvtino
