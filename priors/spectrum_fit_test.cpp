#include "priors/spectrum_fit.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

#include "lvtino/core/parallel.hpp"
#include "priors/gaussian_model.hpp"

BOOST_AUTO_TEST_SUITE(spectrum_fit)

using namespace lvtino;

namespace {

const PowerLaw kVideo = {
    .power = 2e-5, .exponent = 3.4, .corner = 0.02, .speed = 0.5, .decay = 2.5, .floor = 4e-5};
const PowerLaw kImage = {.power = 1e-4, .exponent = 2.5, .corner = 0.02, .floor = 2e-3};

// A clip drawn from the law itself.
Tensor drawn(const PowerLaw& law, std::int64_t frames, bool video, std::uint64_t seed) {
  const Shape shape = {2, 3, frames, 72, 96};
  const GaussianLaw gaussian = {{0.4}, law.variance(video ? frames : 1, 72, 96).unsqueeze(0)};
  return GaussianModel(shape, {at::kDouble, at::kCPU}, rectified_flow(), gaussian)
      .sample(Rng(seed));
}

}  // namespace

BOOST_AUTO_TEST_CASE(recovers_a_law_of_videos) {
  const SpectrumFit fit =
      fit_power_law({drawn(kVideo, 16, true, 1), drawn(kVideo, 12, true, 2)}, SpectrumKind::video);
  BOOST_TEST(std::abs(fit.law.exponent - kVideo.exponent) < 0.1, "got " << fit.law.exponent);
  BOOST_TEST(std::abs(std::log(fit.law.power / kVideo.power)) < 0.3, "got " << fit.law.power);
  BOOST_TEST(std::abs(std::log(fit.law.corner / kVideo.corner)) < 0.2, "got " << fit.law.corner);
  BOOST_TEST(std::abs(std::log(fit.law.speed / kVideo.speed)) < 0.1, "got " << fit.law.speed);
  BOOST_TEST(std::abs(fit.law.decay - kVideo.decay) < 0.1, "got " << fit.law.decay);
  BOOST_TEST(std::abs(std::log(fit.law.floor / kVideo.floor)) < 0.05, "got " << fit.law.floor);
  BOOST_TEST(fit.log_error < 0.15, "got " << fit.log_error);
  BOOST_TEST(std::abs(fit.level - 0.4) < 0.1);
}

BOOST_AUTO_TEST_CASE(recovers_a_law_of_images) {
  const SpectrumFit fit = fit_power_law({drawn(kImage, 8, false, 3)}, SpectrumKind::image);
  BOOST_TEST(std::abs(fit.law.exponent - kImage.exponent) < 0.1, "got " << fit.law.exponent);
  BOOST_TEST(std::abs(std::log(fit.law.corner / kImage.corner)) < 0.2, "got " << fit.law.corner);
  BOOST_TEST(std::abs(std::log(fit.law.floor / kImage.floor)) < 0.05, "got " << fit.law.floor);
  BOOST_TEST(fit.log_error < 0.15, "got " << fit.log_error);
}

BOOST_AUTO_TEST_CASE(threads_do_not_matter) {
  const Tensor clip = drawn(kImage, 4, false, 4);
  const int before = thread_count();
  set_thread_count(1);
  const SpectrumFit one = fit_power_law({clip}, SpectrumKind::image);
  set_thread_count(2);
  const SpectrumFit two = fit_power_law({clip}, SpectrumKind::image);
  set_thread_count(before);
  BOOST_TEST(one.law.power == two.law.power);
  BOOST_TEST(one.log_error == two.log_error);
}

BOOST_AUTO_TEST_CASE(refusals) {
  BOOST_CHECK_THROW(fit_power_law({}, SpectrumKind::video), ShapeError);
  BOOST_CHECK_THROW(fit_power_law({at::zeros({3, 2, 8, 8})}, SpectrumKind::video), ShapeError);
  BOOST_CHECK_THROW(
      fit_power_law({at::arange(4).to(at::kFloat).view({1, 1, 1, 2, 2})}, SpectrumKind::image),
      ShapeError);
  BOOST_CHECK_THROW(fit_power_law({at::full({1, 1, 2, 8, 8}, NAN)}, SpectrumKind::video),
                    NumericalError);
}

BOOST_AUTO_TEST_SUITE_END()
