#include "lvtino/video_npy.hpp"

#include "lvtino/core/error.hpp"
#include "lvtino/core/npy.hpp"

namespace lvtino {
namespace {

class NpyReader : public FrameReader {
 public:
  explicit NpyReader(const std::string& path) : path_(path), header_(read_npy_header(path)) {
    const Shape& shape = header_.shape;
    const std::size_t rank = shape.size();
    const bool bytes = header_.dtype == at::kByte;
    const bool fits = bytes ? rank == 4 : rank == 4 || (rank == 5 && shape[0] == 1);
    const std::int64_t channels = !fits ? 0 : bytes ? shape[3] : shape[rank - 4];
    if (!fits || (channels != 3 && channels != 1) || element_count(shape) == 0)
      throw IoError(text(path,
                         ": expected uint8 [T, H, W, C] or float [C, T, H, W] or "
                         "[1, C, T, H, W] with C = 3 or 1 and no empty axis, got ",
                         at::toString(header_.dtype), " ", to_string(shape)));
    time_axis_ = bytes ? 0 : std::int64_t(rank) - 3;
  }

  bool advance() override { return ++index_ < header_.shape[std::size_t(time_axis_)]; }

  Tensor frame() override {
    const Tensor slice = read_npy_slice(path_, header_, time_axis_, index_);
    const Tensor planes = header_.dtype == at::kByte
                              ? slice.permute({2, 0, 1}).to(at::kFloat).div(255)
                              : slice.reshape({-1, slice.size(-2), slice.size(-1)}).to(at::kFloat);
    return planes.expand({3, -1, -1}).contiguous();
  }

  double frames_per_second() const override { return 0; }

 private:
  std::string path_;
  NpyHeader header_;
  std::int64_t time_axis_ = 0, index_ = -1;
};

}  // namespace

std::unique_ptr<FrameReader> open_npy_video(const std::string& path) {
  return std::make_unique<NpyReader>(path);
}

}  // namespace lvtino
