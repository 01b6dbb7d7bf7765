#include <boost/test/unit_test.hpp>

#include "gaussian_chain.hpp"

BOOST_AUTO_TEST_SUITE(sampler_law)

using namespace lvtino;
using namespace lvtino::testing;

namespace {

SamplerOptions options_of(double eta, double temperature = 1) {
  return {.steps = {{.t_video = 700, .t_image = 420, .delta = 0.2},
                    {.t_video = 450, .t_image = 260, .delta = 0.05},
                    {.t_video = 220, .t_image = 200, .delta = 0.01}},
          .eta = eta,
          .temperature = temperature};
}

Tensor run(const GaussianChain& chain, const SamplerOptions& options, bool with_image,
           std::uint64_t seed = 5) {
  SamplerObserver observer;
  return chain.sampler(options, with_image).run(chain.start_state(), Rng(seed), observer);
}

using Samples = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
Eigen::Map<const Samples> samples_of(const Tensor& x) {
  return {x.const_data_ptr<double>(), x.size(0), GaussianChain::kUnknowns};
}

// How far the moments of samples lie from those of a law, in standard deviations of each statistic
// under that law. With w = C^-1/2 (x - m), n samples of d numbers:
//   mean    n |mean of w|^2, chi-squared with d degrees of freedom
//   size    sum of |w|^2, chi-squared with n d
//   shape   n sum over i <= j of (S - I)_ij^2 / (1 + [i = j]), S the second moment of w: for large
//   n
//           chi-squared with d (d + 1) / 2
struct Deviation {
  double mean, size, shape;
  double worst() const { return std::max({std::abs(mean), std::abs(size), std::abs(shape)}); }
};

double score(double statistic, double degrees) {
  return (statistic - degrees) / std::sqrt(2 * degrees);
}

Deviation deviation(const Tensor& x, const AffineLaw& law) {
  const auto samples = samples_of(x);
  const auto n = double(samples.rows()), d = double(samples.cols());
  const Eigen::LLT<Matrix> root(law.c);
  BOOST_REQUIRE(root.info() == Eigen::Success);
  const Matrix w = root.matrixL().solve((samples.rowwise() - law.b.transpose()).transpose());
  const Matrix s = w * w.transpose() / n;
  double shape = 0;
  for (Eigen::Index i = 0; i < s.rows(); ++i)
    for (Eigen::Index j = 0; j <= i; ++j) {
      const double e = s(i, j) - (i == j);
      shape += n * e * e / (i == j ? 2 : 1);
    }
  return {score(n * w.rowwise().mean().squaredNorm(), d), score(w.squaredNorm(), n * d),
          score(shape, d * (d + 1) / 2)};
}

// Of three statistics one exceeds 4.5 standard deviations by chance in fewer than 1 of 1000 seeds
// (the chi-squared with 48 degrees is the one with the heaviest tail); the seed is fixed.
constexpr double kLimit = 4.5;
constexpr std::int64_t kChains = 4096;

}  // namespace

BOOST_AUTO_TEST_CASE(without_noise_the_sampler_is_the_closed_form) {
  const GaussianChain chain(2);
  for (const bool with_image : {true, false})
    for (const double eta : {0.5, 0.2, 0.85}) {
      const SamplerOptions options = options_of(eta, 0);
      const Tensor out = run(chain, options, with_image);
      const Vector expected = chain.law(options, with_image).b;
      for (Eigen::Index n = 0; n < 2; ++n) {
        const double off = (samples_of(out).row(n).transpose() - expected).norm() / expected.norm();
        BOOST_TEST(off < 1e-10, "image " << with_image << ", eta " << eta << ": off by " << off);
      }
    }
}

BOOST_AUTO_TEST_CASE(without_noise_defects_are_caught) {
  const GaussianChain chain(1);
  const SamplerOptions options = options_of(0.3, 0);
  const Vector out = samples_of(run(chain, options, true)).row(0);
  const auto off = [&](const AffineLaw& law) { return (out - law.b).norm() / law.b.norm(); };
  BOOST_TEST(off(chain.law(options, true)) < 1e-10);
  BOOST_TEST(off(chain.law(options_of(0.7, 0), true)) > 1e-4);  // eta and 1 - eta exchanged
  BOOST_TEST(off(chain.law(options, true, true)) > 1e-4);       // image prior in the last step
  BOOST_TEST(off(chain.law(options, false)) > 1e-4);            // no image prior
}

BOOST_AUTO_TEST_CASE(a_step_may_have_a_temperature_of_its_own) {
  const GaussianChain chain(1);
  SamplerOptions quiet = options_of(0.5, 0.7);
  for (SamplerStep& step : quiet.steps) step.temperature = 0;
  BOOST_TEST(at::equal(run(chain, quiet, true), run(chain, options_of(0.5, 0), true)));
  quiet.steps[1].temperature = 0.7;
  const Tensor mixed = run(chain, quiet, true);
  BOOST_TEST(!at::equal(mixed, run(chain, options_of(0.5, 0), true)));
  BOOST_TEST(!at::equal(mixed, run(chain, options_of(0.5, 0.7), true)));
  const GaussianChain many(kChains);
  SamplerOptions own = options_of(0.5, 0.4);
  own.steps[2].temperature = 1;
  BOOST_TEST(deviation(run(many, own, true), many.law(own)).worst() < kLimit);
  BOOST_TEST(deviation(run(many, own, true), many.law(options_of(0.5, 0.4))).worst() > 2 * kLimit);
}

// The streams of a run are part of what a rerun must find again: video/k and image/k.
BOOST_AUTO_TEST_CASE(the_noise_is_that_of_the_named_streams) {
  const GaussianChain chain(1);
  const SamplerOptions options{.steps = {{.t_video = 600, .delta = 0.1}}, .eta = 0.5};
  const Vector out = samples_of(run(chain, options, true, 9)).row(0);
  const Tensor eps = Rng(9).fork("video", 0).normal(chain.domain(), {at::kDouble, at::kCPU});
  const AffineLaw encoding = chain.autoencoding(true, 600, 0);
  const double signal = chain.video()->schedule().signal(600);
  const double noise = chain.video()->schedule().noise(600) / GaussianChain::kScale;
  const Vector drawn = samples_of(eps).row(0);
  const Vector u = encoding.m * (chain.start() + noise / signal * drawn) + encoding.b;
  const AffineLaw step = chain.data_step(0.05);
  BOOST_TEST((out - (step.m * u + step.b)).norm() / out.norm() < 1e-10);
}

BOOST_AUTO_TEST_CASE(mean_and_covariance_are_those_of_the_markov_chain) {
  const GaussianChain chain(kChains);
  for (const bool with_image : {true, false}) {
    const SamplerOptions options = options_of(with_image ? 0.5 : 0.25);
    const Deviation d = deviation(run(chain, options, with_image), chain.law(options, with_image));
    BOOST_TEST_MESSAGE((with_image ? "with" : "without")
                       << " image prior: mean " << d.mean << ", size " << d.size << ", shape "
                       << d.shape << " standard deviations");
    BOOST_TEST(d.worst() < kLimit);
  }
}

BOOST_AUTO_TEST_CASE(defects_of_the_chain_are_caught) {
  const GaussianChain chain(kChains);
  const SamplerOptions options = options_of(0.3);
  const Tensor out = run(chain, options, true);
  BOOST_TEST(deviation(out, chain.law(options)).worst() < kLimit);
  const auto caught = [&](const char* defect, const AffineLaw& law) {
    const double worst = deviation(out, law).worst();
    BOOST_TEST_MESSAGE(defect << ": " << worst << " standard deviations");
    BOOST_TEST(worst > 2 * kLimit, defect << ": only " << worst << " standard deviations");
  };
  SamplerOptions louder = options, later = options;
  louder.temperature = 1.02;
  later.steps[1].t_image += 60;
  caught("noise of the wrong size", chain.law(louder));
  caught("eta and 1 - eta exchanged", chain.law(options_of(0.7)));
  caught("image prior in the last step", chain.law(options, true, true));
  caught("no image prior", chain.law(options, false));
  caught("another time of the image prior", chain.law(later));

  // Chains beside one another do not share their noise.
  const AffineLaw law = chain.law(options);
  const Eigen::LLT<Matrix> root(law.c);
  const Matrix w =
      root.matrixL().solve((samples_of(out).rowwise() - law.b.transpose()).transpose());
  const double correlation =
      w.leftCols(kChains - 1).cwiseProduct(w.rightCols(kChains - 1)).sum() / double(w.size());
  BOOST_TEST(std::abs(correlation) * std::sqrt(double(w.size())) < kLimit);
}

BOOST_AUTO_TEST_SUITE_END()
