#include "lvtino/core/jpeg_file.hpp"

#include <boost/test/unit_test.hpp>

#include "libjpeg_encoder.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/rng.hpp"

BOOST_AUTO_TEST_SUITE(jpeg_file)

using namespace lvtino;

#ifdef LVTINO_HAS_JPEG
namespace {

using testing::EncoderOptions;

Tensor picture(std::int64_t height, std::int64_t width, int draw = 1) {
  const Tensor y = at::arange(height, at::kFloat).view({1, height, 1}),
               x = at::arange(width, at::kFloat).view({1, 1, width}),
               c = at::arange(3, at::kFloat).view({3, 1, 1});
  const Tensor noise = Rng(std::uint64_t(draw)).normal({3, height, width}, Placement{});
  return ((y * 0.21 + c).sin() * (x * 0.13 - c).cos() * 0.4 + 0.5 + noise * 0.05).contiguous();
}

const EncoderOptions kKinds[] = {
    {},
    {.quality = 10, .h = 2, .v = 2},
    {.quality = 40, .h = 2, .v = 1, .progressive = true},
    {.quality = 90, .progressive = true},
    {.quality = 30, .grey = true},
    {.quality = 60, .rgb = true},
    {.quality = 50, .h = 2, .v = 2, .restart = 2}};

// Either a picture or an IoError that names the file: nothing else may come of any bytes.
bool reads(const std::string& bytes) {
  try {
    read_jpeg_coefficients(bytes, "here.jpg");
    return true;
  } catch (const IoError& failure) {
    BOOST_TEST(std::string(failure.what()).rfind("here.jpg: ", 0) == 0, failure.what());
    return false;
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(geometry_and_tables) {
  const JpegFile file = read_jpeg_coefficients(
      testing::encode_with_libjpeg(picture(17, 37), {.quality = 10, .h = 2, .v = 2}), "a");
  BOOST_TEST(file.height == 17);
  BOOST_TEST(file.width == 37);
  BOOST_TEST((file.color == JpegColor::ycc));
  BOOST_REQUIRE(file.components.size() == 3);
  BOOST_TEST((file.components[0].factors == JpegFactors{2, 2}));
  BOOST_TEST(file.components[0].block_rows == 3);
  BOOST_TEST(file.components[0].block_columns == 5);
  BOOST_TEST(file.components[1].block_rows == 2);
  BOOST_TEST(file.components[1].block_columns == 3);
  BOOST_TEST(file.components[0].steps[0] == 80);
  BOOST_TEST(file.components[2].steps[1] == 90);
}

// Levels 200 everywhere: DC = 8 (200 - 128) / 16 = 36 at quality 50.
BOOST_AUTO_TEST_CASE(levels_by_hand) {
  const Tensor flat = at::full({3, 8, 16}, 200.0 / 255, at::kFloat);
  const JpegFile file = read_jpeg_coefficients(testing::encode_with_libjpeg(flat, {.quality = 50}), "a");
  BOOST_TEST(file.components[0].levels.size() == 128);
  for (std::size_t k = 0; k < 128; ++k)
    BOOST_TEST(file.components[0].levels[k] == (k % 64 == 0 ? 36 : 0));
}

BOOST_AUTO_TEST_CASE(progressive_holds_what_baseline_holds) {
  const Tensor image = picture(33, 20);
  const auto with = [&](bool progressive) {
    return read_jpeg_coefficients(
        testing::encode_with_libjpeg(image, {.quality = 60, .h = 2, .v = 2, .progressive = progressive}), "a");
  };
  const JpegFile a = with(false), b = with(true);
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST((a.components[i].levels == b.components[i].levels));
}

BOOST_AUTO_TEST_CASE(every_truncation_is_refused) {
  for (const EncoderOptions& kind : kKinds) {
    const std::string bytes = testing::encode_with_libjpeg(picture(24, 24), kind);
    BOOST_TEST(reads(bytes));
    for (std::size_t length = 0; length + 2 < bytes.size(); ++length)  // the last marker is no data
      BOOST_TEST(!reads(bytes.substr(0, length)), length);
  }
}

BOOST_AUTO_TEST_CASE(flipped_bits_never_do_harm) {
  int refused = 0;
  for (const EncoderOptions& kind : kKinds) {
    const std::string bytes = testing::encode_with_libjpeg(picture(24, 24), kind);
    for (std::size_t at = 0; at < bytes.size(); ++at)
      for (const int bit : {0, 3, 7}) {
        std::string damaged = bytes;
        damaged[at] = char(damaged[at] ^ (1 << bit));
        refused += !reads(damaged);
      }
  }
  BOOST_TEST(refused > 100);
}

BOOST_AUTO_TEST_CASE(other_files_are_refused) {
  BOOST_TEST(!reads(""));
  BOOST_TEST(!reads("\x89PNG\r\n\x1a\n"));
  BOOST_TEST(!reads(std::string(1000, '\xff')));
  std::string huge = testing::encode_with_libjpeg(picture(8, 8));
  const std::size_t frame = huge.find("\xff\xc0");
  huge[frame + 5] = huge[frame + 6] = huge[frame + 7] = huge[frame + 8] = '\xf0';
  BOOST_TEST(!reads(huge));
}
#endif

BOOST_AUTO_TEST_SUITE_END()
