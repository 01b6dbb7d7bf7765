#include "priors/heavy_tailed_fit.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(heavy_tailed_fit)

using namespace lvtino;

// A clip drawn from a law is described by that law.
BOOST_AUTO_TEST_CASE(comes_back) {
  const WaveletGrid grid{WaveletKind::daubechies4, 1, 2};
  HeavyTailedLaw law{.mean = 0.4, .chroma = 0.3, .grid = grid};
  for (int time = 0; time <= 1; ++time)
    for (int space = 0; space <= 2; ++space)
      for (const bool diagonal : {false, true})
        law.bands.push_back(
            {{time, space, diagonal},
             0.01 + 0.05 * space + 0.02 * time,
             HeavyTail(TailFamily::generalized_gaussian, 0.5 + 0.3 * space + 0.2 * diagonal)});
  const Shape shape = {1, 3, 12, 96, 128};
  const HeavyTailedModel model(shape, {at::kDouble, at::kCPU}, rectified_flow(), law);
  const HeavyTailedFit fit = fit_heavy_tails({model.sample(Rng(1)), model.sample(Rng(2))}, grid);
  BOOST_TEST(fit.bands.size() == 10u);
  BOOST_TEST(std::abs(fit.chroma - 0.3) < 0.01);
  BOOST_TEST(std::abs(fit.level - 0.4) < 0.01);
  for (const BandFit& band : fit.bands) {
    const HeavyTailedBand& truth = model.band(band.key);
    BOOST_TEST(std::abs(band.deviation / truth.deviation - 1) < 0.1,
               band.key.time << " " << band.key.space);
    BOOST_TEST(std::abs(band.shape - truth.tail.shape()) < 0.12,
               band.key.time << " " << band.key.space << ": " << band.shape);
  }
}

BOOST_AUTO_TEST_CASE(refusals) {
  const WaveletGrid grid{WaveletKind::haar, 1, 1};
  BOOST_CHECK_THROW(fit_heavy_tails({}, grid), ShapeError);
  BOOST_CHECK_THROW(fit_heavy_tails({at::zeros({3, 4, 4})}, grid), ShapeError);
  const Tensor broken = at::full({1, 3, 2, 4, 4}, std::numeric_limits<float>::infinity());
  BOOST_CHECK_THROW(fit_heavy_tails({broken}, grid), NumericalError);
}

BOOST_AUTO_TEST_SUITE_END()
