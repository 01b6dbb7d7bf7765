#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/core/image_file.hpp"
#include "lvtino/core/sha256.hpp"
#include "lvtino/procedural_clip.hpp"
#include "lvtino/video_reader.hpp"
#include "lvtino/video_writer.hpp"

namespace {

using namespace lvtino;
namespace fs = std::filesystem;

std::string fresh(const std::string& name) {
  const std::string folder = text(LVTINO_BINARY_DIR, "/video_writer_test/");
  make_folder(folder);
  fs::remove_all(folder + name);
  return text(folder, name);
}

Tensor clip(std::int64_t height = 50, std::int64_t width = 70) {
  return render({.seed = 2, .frames = 7, .height = height, .width = width}).frames;
}

Tensor rounded(const Tensor& frames) { return quantize_8bit(frames).to(at::kFloat).div(255); }

#ifdef LVTINO_HAS_FFMPEG

// Eight colour bars at 75 %, as television has them.
Tensor bars() {
  Tensor out = at::zeros({1, 3, 5, 64, 128}, at::kFloat);
  for (int bar = 0; bar < 8; ++bar)
    for (int c = 0; c < 3; ++c) {
      const bool on = c == 0 ? !(bar & 2) : c == 1 ? !(bar & 4) : !(bar & 1);
      out[0][c].slice(2, 16 * bar, 16 * bar + 16).fill_(on ? 0.75 : 0.0);
    }
  return out;
}

double psnr(const Tensor& a, const Tensor& b) {
  return -10 * std::log10(squared_distance(a.contiguous(), b.contiguous()) / double(a.numel()));
}

#endif

}  // namespace

BOOST_AUTO_TEST_SUITE(video_writer)

BOOST_AUTO_TEST_CASE(lossless_forms_come_back_exactly) {
  const Tensor frames = clip(), overshoot = frames * 1.2 - 0.1;
  const std::string array = fresh("a.npy"), folder = fresh("frames");
  write_video(array, overshoot, 30);
  BOOST_TEST(at::equal(read_video_file(array).frames, overshoot));
  write_video(folder + "/", overshoot, 30);
  BOOST_TEST(at::equal(read_video_file(folder).frames, rounded(overshoot)));
}

BOOST_AUTO_TEST_CASE(atomic_and_checked) {
  const Tensor frames = clip();
  BOOST_CHECK_THROW(write_video(fresh("a.avi"), frames, 25), IoError);
  BOOST_CHECK_THROW(write_video(fresh("a.npy"), frames[0], 25), ShapeError);
  BOOST_CHECK_THROW(write_video(fresh("a.npy"), frames.to(at::kDouble), 25), PlacementError);
  BOOST_CHECK_THROW(write_video(fresh("a.y4m"), frames, 0), IoError);
  BOOST_CHECK_THROW(write_video(fresh("none") + "/a.npy", frames, 25), IoError);
}

#ifdef LVTINO_HAS_FFMPEG

BOOST_AUTO_TEST_CASE(ffv1_is_exact_and_keeps_the_rate) {
  for (const auto& [height, width] : {std::pair{50, 70}, std::pair{33, 47}}) {
    const Tensor frames = clip(height, width);
    const std::string path = fresh("a.mkv");
    for (const double rate : {25.0, 30000.0 / 1001, 12.5}) {
      write_video(path, frames, rate);
      const Video back = read_video_file(path);
      BOOST_TEST(at::equal(back.frames, rounded(frames)));
      BOOST_TEST(std::abs(back.frames_per_second - rate) < 1e-6);
    }
    const std::string digest = sha256_of_file(path);
    write_video(path, frames, 12.5);
    BOOST_TEST(sha256_of_file(path) == digest);
    BOOST_TEST(at::equal(read_video_file(path, {.first = 2, .count = 2, .step = 3}).frames,
                         rounded(frames).slice(2, 2, 6, 3)));
  }
}

BOOST_AUTO_TEST_CASE(h264_keeps_colour) {
  const std::string path = fresh("a.mp4");
  write_video(path, bars(), 25);
  const Tensor back = read_video_file(path).frames;
  for (int bar = 0; bar < 8; ++bar) {
    const auto middle = [&](const Tensor& x) {
      return x.slice(4, 16 * bar + 4, 16 * bar + 12).mean(at::IntArrayRef{0, 2, 3, 4});
    };
    BOOST_TEST((middle(back) - middle(bars())).abs().max().item<double>() < 2.0 / 255);
  }
  const Tensor shift = (back - bars()).mean(at::IntArrayRef{0, 2, 3, 4}).abs();
  BOOST_TEST(shift.max().item<double>() < 1.0 / 255);
  BOOST_TEST(read_video_file(path).frames_per_second == 25);
}

BOOST_AUTO_TEST_CASE(h264_quality_and_odd_sizes) {
  const std::string path = fresh("b.mp4");
  const Tensor frames = clip(96, 128);
  write_video(path, frames, 25);
  BOOST_TEST(psnr(read_video_file(path).frames, frames) > 35);
  const Tensor odd = clip(51, 69);
  write_video(path, odd, 25);
  const Tensor back = read_video_file(path).frames;
  BOOST_TEST((shape_of(back) == Shape{1, 3, 7, 52, 70}));
  BOOST_TEST(psnr(back.slice(3, 0, 51).slice(4, 0, 69), odd) > 33);
}

BOOST_AUTO_TEST_CASE(truncated_videos_are_refused) {
  for (const char* name : {"t.mkv", "t.mp4"}) {
    const std::string path = fresh(name);
    write_video(path, clip(), 25);
    const std::string whole = read_file(path);
    for (const double part : {0.1, 0.5, 0.9}) {
      write_file(path, whole.substr(0, std::size_t(part * double(whole.size()))));
      BOOST_CHECK_THROW(read_video_file(path, {.count = 7}), IoError);
    }
    write_file(path, "this is not a video at all");
    BOOST_CHECK_THROW(read_video_file(path), IoError);
  }
}

#endif

BOOST_AUTO_TEST_SUITE_END()
