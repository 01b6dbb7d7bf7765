#include "lvtino/y4m.hpp"

#include <filesystem>
#include <fstream>
#include <numeric>
#include <sstream>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/core/image_codec.hpp"
#include "lvtino/video_color.hpp"

namespace lvtino {
namespace {

constexpr std::size_t kLongestLine = 1024;

class Y4mReader : public FrameReader {
 public:
  explicit Y4mReader(const std::string& path) : path_(path), stream_(path, std::ios::binary) {
    if (!stream_) throw IoError(text("cannot read ", path));
    file_size_ = std::int64_t(std::filesystem::file_size(path));
    read_header();
  }

  // Skips over the samples of the frame before; only `frame` reads them.
  bool advance() override {
    stream_.seekg(next_);
    std::string line;
    if (next_ == file_size_) return false;
    if (!read_line(line) || line.substr(0, 5) != "FRAME")
      fail("expected a frame, got something else");
    samples_ = stream_.tellg();
    next_ = samples_ + frame_bytes();
    if (next_ > file_size_) fail("the last frame is truncated");
    return true;
  }

  Tensor frame() override {
    stream_.seekg(samples_);
    YuvPlanes planes{plane(grid_.height, grid_.width), {}, {}};
    if (mono_) {
      planes.u = planes.v = at::full({grid_.chroma_height, grid_.chroma_width}, 128.f);
    } else {
      planes.u = plane(grid_.chroma_height, grid_.chroma_width);
      planes.v = plane(grid_.chroma_height, grid_.chroma_width);
    }
    return yuv_to_rgb(planes, grid_, yuv_code(assumed_weights(grid_.height), full_range_));
  }

  double frames_per_second() const override { return frames_per_second_; }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw IoError(text(path_, ": not a readable .y4m file: ", what));
  }

  bool read_line(std::string& line) {
    line.clear();
    for (int c = stream_.get(); c != '\n'; c = stream_.get()) {
      if (c == std::char_traits<char>::eof() || line.size() > kLongestLine) return false;
      line += char(c);
    }
    return true;
  }

  std::int64_t number(const std::string& digits) const {
    if (digits.empty() || digits.size() > 9 ||
        digits.find_first_not_of("0123456789") != std::string::npos)
      fail("expected a number in the header, got \"" + digits + "\"");
    return std::stoll(digits);
  }

  void read_header() {
    std::string line, word, chroma = "420jpeg";
    if (!read_line(line) || line.substr(0, 9) != "YUV4MPEG2") fail("the first bytes are others");
    std::istringstream words(line.substr(9));
    std::int64_t height = 0, width = 0;
    while (words >> word) {
      const std::string value = word.substr(1);
      if (word[0] == 'W') width = number(value);
      if (word[0] == 'H') height = number(value);
      if (word[0] == 'C') chroma = value;
      if (word[0] == 'F') frames_per_second_ = rate(value);
      if (word == "XCOLORRANGE=FULL") full_range_ = true;
    }
    codec::check_extent(height, width, path_);
    set_chroma(chroma, height, width);
    next_ = stream_.tellg();
  }

  double rate(const std::string& value) const {
    const std::size_t colon = value.find(':');
    if (colon == std::string::npos) fail("expected a frame rate n:d, got \"" + value + "\"");
    const std::int64_t d = number(value.substr(colon + 1));
    return d == 0 ? 0 : double(number(value.substr(0, colon))) / double(d);
  }

  void set_chroma(const std::string& chroma, std::int64_t height, std::int64_t width) {
    const bool half =
        chroma == "420" || chroma == "420jpeg" || chroma == "420mpeg2" || chroma == "420paldv";
    mono_ = chroma == "mono";
    if (!half && !mono_ && chroma != "422" && chroma != "444")
      fail("expected the sampling 420, 422, 444 or mono with 8 bits, got C" + chroma);
    const int step_x = chroma == "444" || mono_ ? 1 : 2;
    const bool left = chroma != "420jpeg" && chroma != "420";
    grid_ = yuv_grid(height, width, half ? 2 : 1, step_x, left);
    if (chroma == "420paldv") grid_.offset_y = 0;
  }

  std::int64_t frame_bytes() const {
    const std::int64_t chroma = mono_ ? 0 : 2 * grid_.chroma_height * grid_.chroma_width;
    return grid_.height * grid_.width + chroma;
  }

  Tensor plane(std::int64_t height, std::int64_t width) {
    Tensor bytes = at::empty({height, width}, at::kByte);
    if (!stream_.read(reinterpret_cast<char*>(bytes.data_ptr<std::uint8_t>()), bytes.numel()))
      fail("truncated while it was read");
    return bytes.to(at::kFloat);
  }

  std::string path_;
  std::ifstream stream_;
  std::int64_t file_size_ = 0, samples_ = 0, next_ = 0;
  YuvGrid grid_;
  bool mono_ = false, full_range_ = false;
  double frames_per_second_ = 0;
};

}  // namespace

FrameRate frame_rate(double frames_per_second) {
  const double ntsc = frames_per_second * 1.001;
  const bool broadcast = std::abs(ntsc - std::round(ntsc)) < 2e-4 &&
                         std::abs(frames_per_second - std::round(frames_per_second)) > 1e-3;
  if (broadcast) return {std::int64_t(std::llround(ntsc)) * 1000, 1001};
  const std::int64_t n = std::max<std::int64_t>(1, std::llround(frames_per_second * 1000));
  const std::int64_t common = std::gcd<std::int64_t, std::int64_t>(n, 1000);
  return {n / common, 1000 / common};
}

std::unique_ptr<FrameReader> open_y4m(const std::string& path) {
  return std::make_unique<Y4mReader>(path);
}

void write_y4m(const std::string& path, const Tensor& frames, double frames_per_second) {
  const std::int64_t height = frames.size(3), width = frames.size(4);
  const YuvGrid grid = yuv_grid(height, width, 1, 1, false);
  const YuvCode code = yuv_code(assumed_weights(height), false);
  const FrameRate rate = frame_rate(frames_per_second);
  AtomicFile file(path);
  std::ofstream stream(file.temporary_path(), std::ios::binary);
  stream << "YUV4MPEG2 W" << width << " H" << height << " F" << rate.numerator << ":"
         << rate.denominator << " Ip A1:1 C444 XCOLORRANGE=LIMITED\n";
  for (std::int64_t t = 0; t < frames.size(2); ++t) {
    const Tensor rgb = frames[0].select(1, t).clamp(0, 1).contiguous();
    const YuvPlanes planes = rgb_to_yuv(rgb, grid, code);
    stream << "FRAME\n";
    for (const Tensor& plane : {planes.y, planes.u, planes.v}) {
      const Tensor bytes = round_codes(plane);
      stream.write(reinterpret_cast<const char*>(bytes.const_data_ptr<std::uint8_t>()),
                   bytes.numel());
    }
  }
  stream.close();
  if (!stream) throw IoError(text("cannot write ", path));
  file.commit();
}

}  // namespace lvtino
