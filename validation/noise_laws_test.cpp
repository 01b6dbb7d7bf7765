#include "validation/noise_laws.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>

#include "operators/mask_operator.hpp"

BOOST_AUTO_TEST_SUITE(noise_laws)

using namespace lvtino;

namespace {

const Shape kDomain = {1, 3, 4, 60, 80};

OperatorPtr identity(at::ScalarType dtype) {
  return std::make_shared<MaskOperator>(kDomain, Placement{dtype, at::kCPU}, at::ones({1}));
}

std::vector<NoisePtr> models() {
  return {gaussian_noise(0.001), gaussian_noise(0.3), poisson_noise(20, 0), poisson_noise(3000, 0.01),
          impulse_noise(0.02), impulse_noise(0.7)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_model_draws_what_it_declares) {
  for (const auto dtype : {at::kFloat, at::kDouble})
    for (const NoisePtr& noise : models()) {
      const auto a = identity(dtype);
      const Tensor x = Rng(1).uniform(kDomain, a->placement());
      for (std::uint64_t seed = 2; seed < 6; ++seed) {
        const LawReport law = lvtino::noise_power(*noise, simulate(a, x, *noise, Rng(seed)), x);
        BOOST_TEST(law.passed, law.subject + ": " + law.witness);
      }
    }
}

// A level that is 20 % off (rare impulses scatter), noise drawn twice, data quantised to 8 bits, none at all.
BOOST_AUTO_TEST_CASE(planted_defects_are_caught) {
  const auto a = identity(at::kDouble);
  const Tensor x = Rng(1).uniform(kDomain, a->placement());
  for (const NoisePtr& noise : models()) {
    const Measurement sound = simulate(a, x, *noise, Rng(2));
    const auto caught = [&](const Tensor& y) {
      return !lvtino::noise_power(*noise, Measurement(a, y.contiguous(), 1), x).passed;
    };
    BOOST_TEST(!caught(sound.y), noise->name());
    BOOST_TEST(caught(x), noise->name());
    BOOST_TEST(caught(x + (sound.y - x) * 1.2), noise->name());
    BOOST_TEST(caught(sound.y + simulate(a, x, *noise, Rng(3)).y - x), noise->name());
  }
  const NoisePtr faint = gaussian_noise(0.001);
  const Tensor rounded = (simulate(a, x, *faint, Rng(2)).y * 255).round() / 255;
  BOOST_TEST(!lvtino::noise_power(*faint, Measurement(a, rounded.contiguous(), 1), x).passed);
}

// Noise below the spacing of float32 is no noise of that size any more, and the law says so.
BOOST_AUTO_TEST_CASE(noise_lost_to_rounding_is_caught) {
  const auto a = identity(at::kFloat);
  const Tensor x = Rng(1).uniform(kDomain, a->placement());
  const NoisePtr noise = gaussian_noise(1e-8);
  BOOST_TEST(!lvtino::noise_power(*noise, simulate(a, x, *noise, Rng(2)), x).passed);
}

BOOST_AUTO_TEST_CASE(figures_by_hand) {
  const auto a = std::make_shared<MaskOperator>(Shape{1, 1, 1, 1, 4}, Placement{at::kDouble, at::kCPU}, at::ones({1}));
  const Tensor x = at::zeros({1, 1, 1, 1, 4}, at::kDouble);
  const Tensor y = at::tensor({0.1, -0.1, 0.3, 0.1}, at::kDouble).view({1, 1, 1, 1, 4});
  const DrawnNoise found = measure_noise(*gaussian_noise(0.1), Measurement(a, y, 0.1), x);
  BOOST_TEST(std::abs(found.declared_sigma - 0.1) < 1e-15);
  BOOST_TEST(std::abs(found.drawn_sigma - std::sqrt(0.03)) < 1e-15);
  // (0.03 - 0.01) / (0.01 sqrt(2 / 4))
  BOOST_TEST(std::abs(found.standard_errors - 2 * std::sqrt(2.0)) < 1e-12);
}

BOOST_AUTO_TEST_SUITE_END()
