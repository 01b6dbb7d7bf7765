#include "priors/heavy_tailed_model.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

#include "lvtino/core/axis_product.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "priors/gaussian_model.hpp"

BOOST_AUTO_TEST_SUITE(heavy_tailed_model)

using namespace lvtino;

namespace {

const Placement kExact = {at::kDouble, at::kCPU};

double difference(const Tensor& a, const Tensor& b) {
  return at::max(at::abs(a - b)).item<double>();
}

// Every band of a grid, with deviations that grow with the level.
HeavyTailedLaw law_of(const WaveletGrid& grid, HeavyTail tail, double deviation = 0) {
  HeavyTailedLaw law{.mean = -0.2, .chroma = deviation > 0 ? 1.0 : 0.5, .grid = grid};
  for (int time = 0; time <= grid.time_levels; ++time)
    for (int space = 0; space <= grid.space_levels; ++space)
      for (const bool diagonal : {false, true})
        law.bands.push_back(
            {{time, space, diagonal},
             deviation > 0 ? deviation : 0.05 * (1 + time) * (1 + space) + 0.02 * diagonal,
             tail});
  return law;
}

const WaveletGrid kVideo{WaveletKind::daubechies4, 2, 2}, kImage{WaveletKind::haar, 0, 2};
const HeavyTail kHeavy(TailFamily::generalized_gaussian, 0.6);
const HeavyTail kNormal(TailFamily::generalized_gaussian, 2);

HeavyTailedModel model_of(const HeavyTailedLaw& law, const Shape& shape = {1, 3, 5, 7, 10},
                          const Placement& placement = kExact) {
  return HeavyTailedModel(shape, placement, rectified_flow(false), law);
}

}  // namespace

// Shape 2 and one deviation: white normal latents, as `GaussianModel` has them, whatever the shift.
BOOST_AUTO_TEST_CASE(shape_two_is_the_gaussian_model) {
  const Shape shape = {2, 3, 5, 7, 10};
  for (const WaveletGrid& grid : {kVideo, kImage}) {
    const HeavyTailedModel model = model_of(law_of(grid, kNormal, 0.4), shape);
    const GaussianModel gaussian(shape, kExact, rectified_flow(false),
                                 {{-0.2}, at::full({1, 5, 7, 10}, 0.16, at::kDouble)});
    const Tensor z = Rng(1).normal(shape, kExact);
    for (const double t : {0.0, 20.0, 300.0, 757.0, 999.0, 1000.0}) {
      BOOST_TEST(difference(model.origin(z, t), gaussian.origin(z, t)) < 1e-8, "t = " << t);
      BOOST_TEST(difference(model.origin(z, t, Rng(2)), gaussian.origin(z, t)) < 1e-8, "t = " << t);
    }
  }
}

// One deviation a band: the closed form of the normal law on each coefficient.
BOOST_AUTO_TEST_CASE(normal_bands_in_closed_form) {
  const HeavyTailedLaw law = law_of(kVideo, kNormal);
  const HeavyTailedModel model = model_of(law);
  const Tensor z = Rng(1).normal(model.domain(), kExact);
  const double noise = 0.6, signal = 0.4;
  const Tensor c = model.coefficients(z, signal * law.mean);
  for (const BandBox& box : model.boxes())
    for (std::int64_t channel = 0; channel < 3; ++channel) {
      const double d = model.deviation(model.band(box.key), channel);
      c.select(1, channel)
          .narrow(1, box.begin[0], box.extent[0])
          .narrow(2, box.begin[1], box.extent[1])
          .narrow(3, box.begin[2], box.extent[2])
          .mul_(d / std::hypot(signal * d, noise));
    }
  BOOST_TEST(difference(model.origin(z, 600), model.from_coefficients(c, law.mean)) < 1e-8);
}

BOOST_AUTO_TEST_CASE(without_noise_nothing_moves) {
  const HeavyTailedModel model = model_of(law_of(kVideo, kHeavy));
  const Tensor z = Rng(1).normal(model.domain(), kExact);
  BOOST_TEST(difference(model.origin(z, 0), z) == 0.0);
  // And continuously so.
  BOOST_TEST(difference(model.origin(at::mul(z, 1 - 1e-6), 1e-3), z) < 1e-4);
}

// The gradient of log p_t, against central differences of a sum over the coefficients.
BOOST_AUTO_TEST_CASE(score_is_the_gradient_of_the_log_density) {
  for (const HeavyTail& tail : {kHeavy, kNormal, HeavyTail(TailFamily::student, 4)}) {
    const HeavyTailedLaw law = law_of({WaveletKind::daubechies4, 1, 1}, tail);
    const HeavyTailedModel model = model_of(law, {1, 3, 2, 3, 4});
    const double t = 300, signal = 0.7, noise = 0.3;
    const auto log_density = [&](const Tensor& z) {
      const Tensor c = model.coefficients(z, signal * law.mean);
      double sum = 0;
      for (const BandBox& box : model.boxes())
        for (std::int64_t channel = 0; channel < 3; ++channel) {
          const double d = model.deviation(model.band(box.key), channel);
          const Tensor values = c.select(1, channel)
                                    .narrow(1, box.begin[0], box.extent[0])
                                    .narrow(2, box.begin[1], box.extent[1])
                                    .narrow(3, box.begin[2], box.extent[2])
                                    .contiguous();
          for (std::int64_t i = 0; i < values.numel(); ++i)
            sum += std::log(
                noisy_law(tail, signal * d, noise, std::abs(values.const_data_ptr<double>()[i]))
                    .density);
        }
      return sum;
    };
    const Tensor z =
        at::mul(model.sample(Rng(3)), signal).add_(Rng(4).normal(model.domain(), kExact), noise);
    const Tensor score = model.score(z, t);
    for (std::int64_t i = 0; i < z.numel(); i += 5) {
      const double h = 1e-4;
      const Tensor up = z.clone(), down = z.clone();
      up.view(-1)[i] += h, down.view(-1)[i] -= h;
      const double slope = (log_density(up) - log_density(down)) / (2 * h);
      BOOST_TEST(std::abs(score.view(-1)[i].item<double>() - slope) < 1e-5 * (1 + std::abs(slope)));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_draw_shifts_the_cells) {
  const HeavyTailedModel model = model_of(law_of(kVideo, kHeavy), {1, 1, 6, 16, 20});
  const Tensor z = Rng(1).normal(model.domain(), kExact);
  const Tensor a = model.origin(z, 500, Rng(2));
  BOOST_TEST(at::equal(a, model.origin(z, 500, Rng(2))));
  BOOST_TEST(difference(a, model.origin(z, 500, Rng(3))) > 1e-3);
  HeavyTailedLaw still = law_of(kVideo, kHeavy);
  still.random_shift = false;
  const HeavyTailedModel fixed = model_of(still, {1, 1, 6, 16, 20});
  BOOST_TEST(at::equal(fixed.origin(z, 500, Rng(2)), fixed.origin(z, 500)));
}

BOOST_AUTO_TEST_CASE(float32_and_threads) {
  const HeavyTailedLaw law = law_of(kVideo, kHeavy);
  const Shape shape = {1, 3, 5, 40, 52};
  const HeavyTailedModel exact = model_of(law, shape), single = model_of(law, shape, {});
  const Tensor z = Rng(1).normal(shape, {});
  const int before = thread_count();
  set_thread_count(1);
  const Tensor one = single.origin(z, 500, Rng(2));
  set_thread_count(2);
  const Tensor two = single.origin(z, 500, Rng(2));
  set_thread_count(before);
  BOOST_TEST(at::equal(one, two));
  BOOST_TEST(difference(one, exact.origin(z.to(at::kDouble), 500, Rng(2))) < 1e-5);
}

BOOST_AUTO_TEST_CASE(refusals) {
  HeavyTailedLaw law = law_of(kVideo, kHeavy);
  BOOST_CHECK_THROW(model_of(law, {1, 3, 5, 7}), ShapeError);
  law.bands[3].deviation = 0;
  BOOST_CHECK_THROW(model_of(law), NumericalError);
  law.bands.clear();
  BOOST_CHECK_THROW(model_of(law), ShapeError);
  BOOST_CHECK_THROW(
      model_of(law_of(kVideo, kHeavy)).score(at::zeros({1, 3, 5, 7, 10}, at::kDouble), 0),
      NotSupportedError);
}

BOOST_AUTO_TEST_SUITE_END()
