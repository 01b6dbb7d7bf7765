#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/core/rng.hpp"
#include "lvtino/y4m.hpp"

namespace {

using namespace lvtino;

std::string saved(const std::string& bytes) {
  const std::string folder = text(LVTINO_BINARY_DIR, "/y4m_test");
  make_folder(folder);
  write_file(folder + "/a.y4m", bytes);
  return text(folder, "/a.y4m");
}

// Two frames of 4x2 pixels of one colour (luma, cb, cr).
std::string flat(const std::string& tags, int luma_samples, int chroma_samples, char y, char u,
                 char v) {
  std::string out = "YUV4MPEG2 W4 H2 F30000:1001 " + tags + "\n";
  for (int frame = 0; frame < 2; ++frame) {
    out += "FRAME Ip\n" + std::string(luma_samples, y) + std::string(chroma_samples, u);
    out += std::string(chroma_samples, v);
  }
  return out;
}

double distance_to(const std::string& bytes, float r, float g, float b) {
  const Video video = read_video_file(saved(bytes));
  BOOST_TEST((shape_of(video.frames) == Shape{1, 3, 2, 2, 4}));
  const Tensor colour = at::tensor({r, g, b}, at::kFloat).view({1, 3, 1, 1, 1});
  return (video.frames - colour).abs().max().item<double>();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(y4m)

BOOST_AUTO_TEST_CASE(samplings_and_ranges) {
  // Red in BT.601: 81 90 240 limited, 76 85 255 full.
  for (const char* tag : {"C420jpeg", "C420mpeg2", "C420paldv", "C420", ""})
    BOOST_TEST(distance_to(flat(tag, 8, 2, 81, 90, char(240)), 1, 0, 0) < 4e-3, tag);
  BOOST_TEST(distance_to(flat("C422", 8, 4, 81, 90, char(240)), 1, 0, 0) < 4e-3);
  BOOST_TEST(distance_to(flat("C444", 8, 8, 81, 90, char(240)), 1, 0, 0) < 4e-3);
  BOOST_TEST(distance_to(flat("C444 XCOLORRANGE=FULL", 8, 8, 76, 85, char(255)), 1, 0, 0) < 4e-3);
  BOOST_TEST(distance_to(flat("Cmono", 8, 0, char(126), 0, 0), 110 / 219.f, 110 / 219.f,
                         110 / 219.f) < 1e-6);
}

BOOST_AUTO_TEST_CASE(round_trip) {
  const Tensor frames = Rng(8).uniform({1, 3, 3, 5, 7}, Placement{});
  const std::string path = saved("");
  write_y4m(path, frames, 30000.0 / 1001);
  const Video back = read_video_file(path);
  BOOST_TEST((back.frames - frames).abs().max().item<double>() < 3.0 / 255);
  BOOST_TEST(back.frames_per_second == 30000.0 / 1001);
  BOOST_TEST(at::equal(read_video_file(path, {.first = 2}).frames, back.frames.slice(2, 2)));
}

BOOST_AUTO_TEST_CASE(rates) {
  BOOST_TEST(frame_rate(25).numerator == 25);
  BOOST_TEST(frame_rate(25).denominator == 1);
  BOOST_TEST(frame_rate(29.97).numerator == 30000);
  BOOST_TEST(frame_rate(23.976).denominator == 1001);
  BOOST_TEST(frame_rate(12.5).numerator == 25);
}

BOOST_AUTO_TEST_CASE(damaged_files_are_refused) {
  const std::string whole = flat("C444", 8, 8, 81, 90, 100);
  const std::size_t header = whole.find('\n') + 1, frame = (whole.size() - header) / 2;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    if (size == header + frame) continue;  // one whole frame is a video
    BOOST_CHECK_THROW(read_video_file(saved(whole.substr(0, size))), IoError);
  }
  BOOST_CHECK_THROW(read_video_file(saved("YUV4MPEG2 W99999999 H99999999 C444\nFRAME\nxx")),
                    IoError);
  BOOST_CHECK_THROW(read_video_file(saved("YUV4MPEG2 W-4 H2 C444\nFRAME\nxx")), IoError);
  BOOST_CHECK_THROW(read_video_file(saved(flat("C420p10", 8, 8, 1, 1, 1))), IoError);
  BOOST_CHECK_THROW(read_video_file(saved(std::string(5000, 'Y'))), IoError);
}

BOOST_AUTO_TEST_SUITE_END()
