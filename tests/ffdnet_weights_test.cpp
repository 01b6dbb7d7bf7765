#include <boost/test/unit_test.hpp>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "lvtino/core/rng.hpp"
#include "lvtino/video_source.hpp"
#include "priors/nn/ffdnet.hpp"

// The published weights on a real clip, where ./bootstrap.sh --ffdnet has fetched them.

BOOST_AUTO_TEST_SUITE(ffdnet_weights)

using namespace lvtino;

namespace {

const std::string kWeights = LVTINO_SOURCE_DIR "/data/weights/ffdnet_rgb.pth";
const std::string kClip = LVTINO_SOURCE_DIR "/data/clips/dog.mp4";

double psnr(const Tensor& a, const Tensor& b) {
  return -10 * std::log10(squared_distance(a, b) / double(a.numel()));
}

}  // namespace

BOOST_AUTO_TEST_CASE(noise_of_a_tenth_leaves_the_dog) {
  if (!std::filesystem::exists(kWeights) || !std::filesystem::exists(kClip)) {
    BOOST_TEST_MESSAGE("left out: " << kWeights << " or " << kClip << " is not there");
    return;
  }
  const Ffdnet net = Ffdnet::from_file(kWeights);
  BOOST_TEST(net.layers().size() == 12u);
  const Json source = {{"type", "file"},
                       {"path", kClip},
                       {"frames", 1},
                       {"resize", {{"height", 360}, {"width", 640}}}};
  const Tensor clean = read_video(SpecReader(source), ".").frames.select(2, 0).contiguous();
  const Tensor noisy = clean + 0.1 * Rng(1).normal(shape_of(clean), {});
  const double found = psnr(net.denoise(noisy, 0.1), clean);
  BOOST_TEST(found > 39.3, found << " dB");
  BOOST_TEST(found < 39.7, found << " dB");
  const double reduced = psnr(net.denoise(noisy, 0.1, at::kBFloat16), clean);
  BOOST_TEST_MESSAGE(found << " dB, in bfloat16 " << reduced << " dB");
  BOOST_TEST(reduced > found - 2);
  // It listens to sigma: told of too little noise it leaves some.
  BOOST_TEST(psnr(net.denoise(noisy, 0.05), clean) < found - 3);
}

BOOST_AUTO_TEST_SUITE_END()
