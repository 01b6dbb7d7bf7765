#include "lvtino/jpeg_clip.hpp"

#include <boost/test/unit_test.hpp>

#include <filesystem>

#include "dense.hpp"
#include "libjpeg_encoder.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/world.hpp"
#include "solvers/interval_projector.hpp"

BOOST_AUTO_TEST_SUITE(jpeg_clip)

using namespace lvtino;

#ifdef LVTINO_HAS_JPEG
namespace {

using testing::EncoderOptions;
namespace fs = std::filesystem;

std::string folder(const std::string& name) {
  const std::string path = text(LVTINO_BINARY_DIR, "/jpeg_clip_test/", name);
  std::error_code ignored;
  fs::remove_all(path, ignored);
  make_folder(path);
  return path;
}

// A clip of 8-bit levels: what libjpeg is given is exactly what is known.
Tensor frames(std::int64_t count, std::int64_t height, std::int64_t width, int seed = 1) {
  const Tensor x = render_world({.frames = count, .height = height, .width = width}, Rng(std::uint64_t(seed)));
  return quantize_8bit(x.contiguous()).to(at::kFloat).div(255);
}

std::string written(const std::string& name, const Tensor& x, const EncoderOptions& options) {
  const std::string path = folder(name);
  for (std::int64_t t = 0; t < x.size(2); ++t)
    write_file(text(path, "/", t, ".jpg"),
               testing::encode_with_libjpeg(x[0].select(1, t).contiguous(), options));
  return path;
}

// By how much coefficients before rounding lie outside what the file says, in levels.
Tensor errors_of(const JpegClip& clip, const Tensor& x) {
  const JpegCodec codec = clip.codec(dense::kExact);
  const Intervals set = codec.intervals(clip.levels.to(at::kDouble));
  return set.excess(codec.transform()->apply(x.to(at::kDouble))) * 255;
}

double largest_error(const JpegClip& clip, const Tensor& x) {
  return errors_of(clip, x).max().item<double>();
}

}  // namespace

// Our encoder against libjpeg's: geometry, padding, colours and tables agree to within its integers.
BOOST_AUTO_TEST_CASE(files_of_libjpeg_hold_what_our_encoder_says) {
  double largest = 0, beyond = 0, all = 0;
  for (const EncoderOptions& o :
       {EncoderOptions{.quality = 10}, EncoderOptions{.quality = 90}, EncoderOptions{.quality = 100},
        EncoderOptions{.quality = 10, .h = 2, .v = 2}, EncoderOptions{.quality = 95, .h = 2, .v = 2},
        EncoderOptions{.quality = 100, .h = 2, .v = 2}, EncoderOptions{.quality = 100, .h = 2, .v = 1},
        EncoderOptions{.quality = 100, .h = 1, .v = 2},
        EncoderOptions{.quality = 100, .progressive = true}, EncoderOptions{.quality = 100, .grey = true},
        EncoderOptions{.quality = 100, .rgb = true}})
    for (const auto& [height, width] : {std::pair{48, 64}, {41, 53}, {33, 16}, {9, 90}}) {
      const Tensor x = frames(2, height, width, height);
      const JpegClip clip = read_jpeg_clip(written("codec", x, o));
      const Tensor errors = errors_of(clip, x);
      largest = std::max(largest, errors.max().item<double>());
      beyond += (errors > kLibjpegSlack).sum().item<double>(), all += double(errors.numel());
      if (o.rgb) BOOST_TEST(errors.max().item<double>() < 0.2);  // the integer transform alone
      const Tensor ours = clip.codec(dense::kExact).encode(x.to(at::kDouble));
      const double differ = (ours != clip.levels.to(at::kDouble)).to(at::kDouble).mean().item<double>();
      if (o.quality == 10) BOOST_TEST(differ < 0.01, differ);
    }
  BOOST_TEST_MESSAGE("largest error " << largest << " levels, beyond the slack " << beyond / all);
  BOOST_TEST(largest < 4);          // half a level of each sample, all of one sign
  BOOST_TEST(beyond / all < 0.01);
  BOOST_TEST(beyond > 0);           // the slack is no bound, and is said to be none
}

// Another padding, other sampling or another picture do not pass for the file's.
BOOST_AUTO_TEST_CASE(planted_defects_are_caught) {
  const Tensor x = frames(1, 41, 53);
  const JpegClip clip = read_jpeg_clip(written("planted", x, {.quality = 90, .h = 2, .v = 2}));
  BOOST_TEST(largest_error(clip, x.flip({1}).contiguous()) > 10);            // B G R
  BOOST_TEST(largest_error(clip, at::roll(x, 1, 4).contiguous()) > 10);       // a pixel aside
  JpegClip moved = clip;
  moved.steps = clip.steps * 2;
  BOOST_TEST(largest_error(moved, x) > 10);
}

BOOST_AUTO_TEST_CASE(projection_onto_a_file) {
  const Tensor x = frames(2, 41, 53);
  for (const int h : {1, 2}) {
    const JpegClip clip = read_jpeg_clip(written("projection", x, {.quality = 10, .h = h, .v = h}));
    const JpegCodec codec = clip.codec({});
    const auto p = make_interval_projector(codec.intervals(clip.levels));
    const Tensor decoded = codec.decode(clip.levels);
    const Tensor found = p->project(decoded + Rng(1).normal(shape_of(decoded), Placement{}) * 0.1).summary.x;
    BOOST_TEST(at::equal(codec.encode(found), clip.levels));
  }
}

BOOST_AUTO_TEST_CASE(frames_are_chosen) {
  const Tensor x = frames(5, 16, 16);
  const std::string path = written("chosen", x, {});
  const JpegClip all = read_jpeg_clip(path), some = read_jpeg_clip(path, {.first = 1, .count = 2, .step = 2});
  BOOST_TEST(all.frames() == 5);
  BOOST_TEST(all.steps.size(2) == 1);
  BOOST_TEST(some.frames() == 2);
  BOOST_TEST(at::equal(some.levels.select(2, 1), all.levels.select(2, 3)));
  BOOST_CHECK_THROW(read_jpeg_clip(path, {.first = 0, .count = 6, .step = 1}), IoError);
  BOOST_TEST(read_jpeg_clip(path + "/0.jpg").frames() == 1);
}

BOOST_AUTO_TEST_CASE(tables_may_differ_from_frame_to_frame) {
  const Tensor x = frames(1, 16, 16);
  const std::string path = folder("tables");
  for (const int quality : {10, 20})
    write_file(text(path, "/", quality, ".jpg"), testing::encode_with_libjpeg(x[0].select(1, 0).contiguous(), {.quality = quality}));
  const JpegClip clip = read_jpeg_clip(path);
  BOOST_TEST(clip.steps.size(2) == 2);
  BOOST_TEST(clip.steps.view({2, -1})[1][0].item<double>() == 40);
}

BOOST_AUTO_TEST_CASE(refusals_name_the_file) {
  const auto message = [](const std::string& path) -> std::string {
    try {
      read_jpeg_clip(path);
    } catch (const IoError& failure) {
      return failure.what();
    }
    return "";
  };
  const std::string path = folder("refusals");
  const auto frame = [](std::int64_t side) { return frames(1, side, side)[0].select(1, 0).contiguous(); };
  const std::string good = testing::encode_with_libjpeg(frame(16));
  write_file(path + "/0.jpg", good);
  write_file(path + "/1.jpg", good.substr(0, good.size() / 2));
  BOOST_TEST(message(path).find("1.jpg") != std::string::npos);
  write_file(path + "/1.jpg", testing::encode_with_libjpeg(frame(24)));
  BOOST_TEST(message(path).find("1.jpg") != std::string::npos);
  write_file(path + "/1.jpg", testing::encode_with_libjpeg(frame(16), {.h = 2, .v = 2}));
  BOOST_TEST(message(path).find("1.jpg") != std::string::npos);
  write_file(path + "/1.jpg", encode_pnm(frame(16)));
  BOOST_TEST(message(path).find("1.jpg") != std::string::npos);
  BOOST_TEST(message(path + "/none.avi").find("none.avi") != std::string::npos);
}
#endif

BOOST_AUTO_TEST_SUITE_END()
