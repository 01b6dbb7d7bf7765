#include <boost/test/unit_test.hpp>
#include <limits>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/core/rng.hpp"
#include "lvtino/core/npy.hpp"
#include "lvtino/video_reader.hpp"

namespace {

using namespace lvtino;

std::string saved(const Tensor& tensor) {
  const std::string folder = text(LVTINO_BINARY_DIR, "/video_npy_test");
  make_folder(folder);
  write_npy(folder + "/v.npy", tensor);
  return text(folder, "/v.npy");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(video_npy)

BOOST_AUTO_TEST_CASE(layouts) {
  const Tensor video = Rng(2).uniform({1, 3, 4, 5, 6}, Placement{});
  BOOST_TEST(at::equal(read_video_file(saved(video)).frames, video));
  BOOST_TEST(at::equal(read_video_file(saved(video[0])).frames, video));
  BOOST_TEST(at::equal(read_video_file(saved(video.to(at::kDouble))).frames, video));
  BOOST_TEST(at::equal(read_video_file(saved(video[0].slice(0, 0, 1))).frames,
                       video.slice(1, 0, 1).expand_as(video)));
  const Tensor bytes = video.mul(255).to(at::kByte);
  BOOST_TEST(at::equal(read_video_file(saved(bytes[0].permute({1, 2, 3, 0}))).frames,
                       bytes.to(at::kFloat).div(255)));
  BOOST_TEST(at::equal(read_video_file(saved(video), {.first = 1, .count = 2, .step = 2}).frames,
                       video.slice(2, 1, 4, 2)));
}

BOOST_AUTO_TEST_CASE(unfit_arrays_are_refused) {
  BOOST_CHECK_THROW(read_video_file(saved(at::zeros({4, 5, 6}))), IoError);
  BOOST_CHECK_THROW(read_video_file(saved(at::zeros({2, 3, 4, 5, 6}))), IoError);
  BOOST_CHECK_THROW(read_video_file(saved(at::zeros({3, 0, 5, 6}))), IoError);
  BOOST_CHECK_THROW(read_video_file(saved(at::zeros({4, 5, 6, 3}))), IoError);
  BOOST_CHECK_THROW(read_video_file(saved(at::full({3, 2, 5, 6}, 200.0))), IoError);
  Tensor broken = at::zeros({3, 2, 5, 6});
  broken[1][1][2][2] = std::numeric_limits<float>::quiet_NaN();
  BOOST_CHECK_THROW(read_video_file(saved(broken)), IoError);
  BOOST_CHECK_NO_THROW(read_video_file(saved(broken), {.count = 1}));
  broken[1][1][2][2] = std::numeric_limits<float>::infinity();
  BOOST_CHECK_THROW(read_video_file(saved(broken)), IoError);
}

BOOST_AUTO_TEST_SUITE_END()
