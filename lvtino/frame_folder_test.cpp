#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/core/image_file.hpp"
#include "lvtino/core/rng.hpp"
#include "lvtino/frame_folder.hpp"

namespace {

using namespace lvtino;
namespace fs = std::filesystem;

std::string fresh(const std::string& name) {
  const std::string folder = text(LVTINO_BINARY_DIR, "/frame_folder_test/", name);
  fs::remove_all(folder);
  make_folder(fs::path(folder).parent_path().string());
  return folder;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(frame_folder)

BOOST_AUTO_TEST_CASE(numbers_sort_as_numbers) {
  BOOST_TEST(natural_less("frame2.png", "frame10.png"));
  BOOST_TEST(!natural_less("frame10.png", "frame2.png"));
  BOOST_TEST(natural_less("a9b1", "a10b0"));
  BOOST_TEST(natural_less("a", "b2"));
  BOOST_TEST(natural_less("f007", "f8"));
  BOOST_TEST(natural_less("f99999999999999999999998", "f99999999999999999999999"));
  BOOST_TEST(!natural_less("same3", "same3"));
  BOOST_TEST((natural_less("f01", "f1") != natural_less("f1", "f01")));  // a strict order
}

BOOST_AUTO_TEST_CASE(frames_come_back_in_order) {
  const std::string folder = fresh("many/");
  const Tensor frames =
      quantize_8bit(Rng(1).uniform({1, 3, 12, 4, 5}, Placement{})).to(at::kFloat).div(255);
  write_frame_folder(folder, frames);
  write_file(folder + "notes.txt", "not a picture");
  BOOST_TEST(at::equal(read_video_file(folder).frames, frames));
  const Video some = read_video_file(folder, {.first = 1, .count = 4, .step = 3});
  BOOST_TEST(at::equal(some.frames, frames.slice(2, 1, 11, 3)));
  BOOST_CHECK_THROW(read_video_file(folder, {.first = 1, .count = 5, .step = 3}), IoError);
  BOOST_CHECK_THROW(read_video_file(folder, {.first = 12}), IoError);
  BOOST_CHECK_THROW(write_frame_folder(folder, frames), IoError);
}

BOOST_AUTO_TEST_CASE(unlike_sizes_and_empty_folders_are_refused) {
  const std::string folder = fresh("sizes");
  make_folder(folder);
  BOOST_CHECK_THROW(read_video_file(folder), IoError);
  write_image(folder + "/1.ppm", at::zeros({3, 4, 4}));
  write_image(folder + "/2.ppm", at::zeros({3, 4, 5}));
  BOOST_CHECK_THROW(read_video_file(folder), IoError);
  BOOST_TEST(read_video_file(folder, {.count = 1}).frames.size(2) == 1);
  BOOST_CHECK_THROW(read_video_file(folder + "/none"), IoError);
}

BOOST_AUTO_TEST_SUITE_END()
