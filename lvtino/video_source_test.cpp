#include <boost/test/unit_test.hpp>
#include <limits>
#include <nlohmann/json.hpp>

#include "lvtino/core/file.hpp"
#include "lvtino/core/rng.hpp"
#include "lvtino/core/npy.hpp"
#include "lvtino/video_resize.hpp"
#include "lvtino/video_source.hpp"

namespace {

using namespace lvtino;

std::string folder() {
  const std::string path = text(LVTINO_BINARY_DIR, "/video_source_test");
  make_folder(path);
  return path;
}

Tensor clip() { return Rng(9).uniform({1, 3, 6, 12, 16}, Placement{}); }

Video read(const std::string& json) {
  const SpecReader spec(parse_json(json, "test"), "/video");
  const Video video = read_video(spec, folder());
  spec.finish();
  return video;
}

void refuse(const std::string& json, const std::string& pointer) {
  BOOST_CHECK_EXCEPTION(read(json), SpecError, [&](const SpecError& failure) {
    if (failure.pointer() != pointer) BOOST_TEST_MESSAGE(failure.what());
    return failure.pointer() == pointer;
  });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(video_source)

BOOST_AUTO_TEST_CASE(chosen_frames_crop_and_resize) {
  write_npy(folder() + "/a.npy", clip());
  BOOST_TEST(at::equal(read(R"({"type": "file", "path": "a.npy"})").frames, clip()));
  const Video some =
      read(R"({"type": "file", "path": "a.npy", "first_frame": 1, "frames": 2, "step": 3,
                              "frames_per_second": 12})");
  BOOST_TEST(at::equal(some.frames, clip().slice(2, 1, 5, 3)));
  BOOST_TEST(some.frames_per_second == 12);
  BOOST_TEST(!some.stand_in);
  const Tensor cut = clip().slice(3, 2, 10).slice(4, 3, 14).contiguous();
  BOOST_TEST(at::equal(read(R"({"type": "file", "path": "a.npy",
      "crop": {"top": 2, "left": 3, "height": 8, "width": 11}})")
                           .frames,
                       cut));
  const Tensor both = read(R"({"type": "file", "path": "a.npy", "frames": 1,
      "crop": {"top": 2, "left": 3, "height": 8, "width": 11}, "resize": {"height": 5, "width": 5}})")
                          .frames;
  BOOST_TEST(
      at::equal(both[0].select(1, 0), resize_to_cover(cut[0].select(1, 0).contiguous(), 5, 5)));
}

BOOST_AUTO_TEST_CASE(stand_in_takes_the_size_of_the_missing_clip) {
  const char* spec = R"({"type": "file", "path": "missing.mp4", "frames": 3,
      "resize": {"height": 20, "width": 30}, "stand_in": {"type": "procedural", "seed": 5}})";
  const Video video = read(spec);
  BOOST_TEST(video.stand_in);
  BOOST_TEST(video.origin.find("missing.mp4") != std::string::npos);
  BOOST_TEST((shape_of(video.frames) == Shape{1, 3, 3, 20, 30}));
  BOOST_TEST(at::equal(
      video.frames,
      read(R"({"type": "procedural", "seed": 5, "frames": 3, "height": 20, "width": 30})").frames));
}

BOOST_AUTO_TEST_CASE(errors_point_at_the_value) {
  write_npy(folder() + "/a.npy", clip());
  refuse(R"({"type": "file", "path": "missing.mp4"})", "/video/path");
  refuse(R"({"type": "flie", "path": "a.npy"})", "/video/type");
  refuse(R"({"type": "file", "path": "a.npy", "step": 0})", "/video/step");
  refuse(R"({"type": "file", "path": "a.npy", "frmes": 3})", "/video/frmes");
  refuse(R"({"type": "file", "path": "a.npy", "stand_in": {"type": "procedural", "sede": 3}})",
         "/video/stand_in/sede");
  refuse(R"({"type": "file", "path": "a.npy", "crop": {"top": 8, "height": 8, "width": 4}})",
         "/video/crop");
  refuse(R"({"type": "procedural", "frames": 16000, "height": 16000, "width": 16000})", "/video");
  BOOST_CHECK_THROW(read(R"({"type": "file", "path": "a.npy", "frames": 7})"), IoError);
  BOOST_CHECK_THROW(read(R"({"type": "file", "path": "a.npy", "first_frame": 6})"), IoError);
  for (const char* name : {"empty.npy", "empty.y4m", "empty.mp4"}) {
    write_file(folder() + "/" + name, "");
    BOOST_CHECK_THROW(read(std::string(R"({"type": "file", "path": ")") + name + "\"}"), IoError);
  }
  Tensor broken = clip();
  broken[0][0][3][0][0] = std::numeric_limits<float>::quiet_NaN();
  write_npy(folder() + "/nan.npy", broken);
  BOOST_CHECK_THROW(read(R"({"type": "file", "path": "nan.npy"})"), IoError);
  BOOST_CHECK_THROW(
      read(R"({"type": "file", "path": "nan.npy", "resize": {"height": 4, "width": 4}})"), IoError);
}

BOOST_AUTO_TEST_CASE(examples_of_the_table_can_be_read) {
  for (const auto& entry : video_sources().entries()) {
    const SpecReader spec(parse_json(entry.example, entry.name));
    BOOST_TEST(read_video(spec, folder()).frames.dim() == 5, entry.name);
    BOOST_CHECK_NO_THROW(spec.finish());
    BOOST_TEST(spec.schema()["properties"].contains("type"));
  }
}

BOOST_AUTO_TEST_SUITE_END()
