#include <boost/test/unit_test.hpp>

#include "lvtino/core/parallel.hpp"
#include "lvtino/procedural_clip.hpp"

namespace {

using namespace lvtino;

Tensor frames_of(ProceduralClip clip) { return render(clip).frames; }
const ProceduralClip kSmall{.seed = 3, .frames = 6, .height = 48, .width = 64};

}  // namespace

BOOST_AUTO_TEST_SUITE(procedural_clip)

BOOST_AUTO_TEST_CASE(same_numbers_for_any_thread_count) {
  const int before = thread_count();
  set_thread_count(1);
  const Tensor one = frames_of(kSmall);
  set_thread_count(3);
  const Tensor three = frames_of(kSmall);
  set_thread_count(before);
  BOOST_TEST(at::equal(one, three));
  ProceduralClip other = kSmall;
  other.seed = 4;
  BOOST_TEST(!at::equal(one, frames_of(other)));
}

BOOST_AUTO_TEST_CASE(values_use_the_range) {
  const Tensor frames = frames_of({.frames = 2, .height = 180, .width = 320});
  BOOST_TEST((shape_of(frames) == Shape{1, 3, 2, 180, 320}));
  BOOST_TEST(frames.min().item<float>() >= 0.f);
  BOOST_TEST(frames.max().item<float>() <= 1.f);
  BOOST_TEST(frames.std().item<float>() > 0.08f);
  BOOST_TEST(std::abs(frames.mean().item<float>() - 0.5f) < 0.15f);
  // Natural pictures: neighbours are alike, yet there is fine detail.
  const Tensor step = (frames.slice(4, 1) - frames.slice(4, 0, -1)).abs();
  BOOST_TEST(step.mean().item<float>() < 0.06f);
  BOOST_TEST(step.mean().item<float>() > 0.004f);
}

BOOST_AUTO_TEST_CASE(motion_moves_and_zero_motion_rests) {
  ProceduralClip still = kSmall;
  still.motion = 0;
  const Tensor rest = frames_of(still);
  BOOST_TEST(at::equal(rest.select(2, 0), rest.select(2, 5)));
  const Tensor moving = frames_of(kSmall);
  BOOST_TEST((moving.select(2, 0) - moving.select(2, 1)).abs().mean().item<float>() > 0.01f);
}

BOOST_AUTO_TEST_CASE(a_frame_does_not_depend_on_the_number_of_frames) {
  ProceduralClip plain = kSmall;
  plain.discs = 0;
  const Tensor six = frames_of(plain);
  plain.frames = 2;
  BOOST_TEST(at::equal(frames_of(plain), six.slice(2, 0, 2)));
}

BOOST_AUTO_TEST_SUITE_END()
