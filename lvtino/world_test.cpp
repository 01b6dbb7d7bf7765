#include "lvtino/world.hpp"

#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "lvtino/world_kernels.hpp"

BOOST_AUTO_TEST_SUITE(world)

using namespace lvtino;

BOOST_AUTO_TEST_CASE(a_clip_is_a_function_of_its_stream) {
  const WorldClip clip{4, 48, 64};
  const Tensor one = render_world(clip, Rng(1));
  BOOST_TEST((shape_of(one) == Shape{1, 3, 4, 48, 64}));
  BOOST_TEST((one.min().item<float>() >= 0 && one.max().item<float>() <= 1));
  const int threads = thread_count();
  set_thread_count(threads == 1 ? 2 : 1);
  BOOST_TEST(at::equal(render_world(clip, Rng(1)), one));
  set_thread_count(threads);
  BOOST_TEST(!at::equal(render_world(clip, Rng(2)), one));
}

BOOST_AUTO_TEST_CASE(every_point_is_covered_once) {
  using namespace lvtino::world_kernels;
  // A white leaf in front of a grey ground: what is not white is exactly the ground.
  std::vector<Leaf> leaves(2);
  leaves[0].radius = 6;
  for (int c = 0; c < 3; ++c) leaves[0].color[c] = 1, leaves[1].color[c] = 0.25F;
  leaves[1].radius = 100;
  const std::vector<Pose> poses = {{.x = 10, .y = 8}, {.x = 0, .y = 0}};
  const Tensor tile = at::zeros({kTileSide, kTileSide});
  const float* tiles[] = {tile.const_data_ptr<float>()};
  const Tensor picture = at::zeros({3, 16, 20});
  draw_moment(leaves, poses, tiles, 1, picture.data_ptr<float>(), 16, 20);
  BOOST_TEST(picture[0][8][10].item<float>() == 1.F);
  BOOST_TEST(picture[0][0][0].item<float>() == 0.25F);
  const double area = (picture[0] - 0.25).sum().item<double>() / 0.75;
  BOOST_TEST(area == 3.14159 * 36, boost::test_tools::tolerance(0.03));
}

BOOST_AUTO_TEST_CASE(clips_look_like_video) {
  // Over many clips: middling brightness, contrast, frames that follow from each other, and
  // gradients with heavier tails than a Gaussian's 3, as in photographs.
  double mean = 0, change = 0, spread = 0, kurtosis = 0;
  constexpr int kClips = 12;
  for (int i = 0; i < kClips; ++i) {
    const Tensor x = render_world({4, 64, 64}, Rng(3).fork("clip", i))[0].to(at::kDouble);
    mean += x.mean().item<double>() / kClips;
    spread += x.std().item<double>() / kClips;
    change += (x.narrow(1, 1, 3) - x.narrow(1, 0, 3)).std().item<double>() / kClips;
    const Tensor d = x.diff(1, 3);
    kurtosis += (d.pow(4).mean() / d.square().mean().square()).item<double>() / kClips;
  }
  BOOST_TEST((mean > 0.3 && mean < 0.6));
  BOOST_TEST((spread > 0.08 && spread < 0.35));
  BOOST_TEST((change > 0.01 && change < spread));
  BOOST_TEST(kurtosis > 6);
}

BOOST_AUTO_TEST_CASE(impossible_sizes_are_refused) {
  BOOST_CHECK_THROW(render_world({0, 8, 8}, Rng(1)), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
