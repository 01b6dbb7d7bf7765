#include <boost/test/unit_test.hpp>

#include "gaussian_posterior.hpp"

// The formulas behind docs/calibration.md.
BOOST_AUTO_TEST_SUITE(calibration_law)

using namespace lvtino;
using namespace lvtino::testing;

namespace {

double distance(const GaussianDensity& p, const GaussianDensity& q) {
  return (p.mean - q.mean).norm() / q.mean.norm() +
         (p.covariance - q.covariance).norm() / q.covariance.norm();
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_stationary_law_is_left_invariant_and_reached) {
  const GaussianChain chain(1);
  for (const Tie tie : {Tie::whole, Tie::split})
    for (const double delta : {0.01, 0.3}) {
      const SamplerStep step = tied_step(chain, tie, delta, 0.3);
      const AffineLaw cycle = whole_step(chain, step, 0.3);
      const GaussianDensity fixed = stationary(cycle);
      BOOST_TEST(distance(after(cycle, fixed), fixed) < 1e-12);
      // As the sampler's own law after many steps has it.
      SamplerOptions options{.steps = std::vector<SamplerStep>(delta < 0.1 ? 3000 : 300, step),
                             .eta = 0.3};
      const AffineLaw run = chain.law(options);
      BOOST_TEST(distance({run.b, run.c}, limit_law(chain, step, 0.3)) < 1e-9);
      // Another step has another law.
      BOOST_TEST(
          distance(stationary(whole_step(chain, tied_step(chain, tie, 1.1 * delta, 0.3), 0.3)),
                   fixed) > 1e-4);
    }
}

// With pV in the place of pI the prior is pV, whatever eta; the data step is the posterior of a
// white prior.
BOOST_AUTO_TEST_CASE(posteriors) {
  const GaussianChain chain(1);
  const double gamma = 0.7;
  const AffineLaw step = chain.data_step(gamma);
  const double s2 = GaussianChain::kSigma * GaussianChain::kSigma;
  const Matrix identity = Matrix::Identity(GaussianChain::kUnknowns, GaussianChain::kUnknowns);
  BOOST_TEST(
      (step.m * gamma - (chain.a().transpose() * chain.a() / s2 + identity / gamma).inverse())
          .norm() < 1e-10);
  BOOST_TEST((product_prior(chain, 1).covariance - chain.prior_covariance(true)).norm() < 1e-12);
  const GaussianDensity p = posterior(chain, 0.4, chain.y());
  const GaussianDensity prior = product_prior(chain, 0.4);
  const Vector slope = chain.a().transpose() * (chain.a() * p.mean - chain.y()) / s2 +
                       prior.covariance.inverse() * (p.mean - prior.mean);
  BOOST_TEST(slope.norm() < 1e-8 * (chain.a().transpose() * chain.y() / s2).norm());
}

// Small steps with times tied to delta eta and delta (1 - eta) sample the posterior; tied to delta
// they sample one whose data count half (and pV^1/2 pI^1/2 whatever eta is): Langevin noise of 4
// delta a step against a drift of delta.
BOOST_AUTO_TEST_CASE(what_small_steps_sample) {
  const GaussianChain chain(1);
  const double s2 = GaussianChain::kSigma * GaussianChain::kSigma;
  for (const double eta : {0.25, 0.5}) {
    const GaussianDensity right = posterior(chain, eta, chain.y());
    const double far =
        bias(limit_law(chain, tied_step(chain, Tie::split, 1e-4, eta), eta), right).divergence;
    const double near =
        bias(limit_law(chain, tied_step(chain, Tie::split, 1e-6, eta), eta), right).divergence;
    BOOST_TEST(near < 1e-5);
    BOOST_TEST(near < far / 100);
    const Matrix precision =
        (chain.prior_covariance(true).inverse() + chain.prior_covariance(false).inverse() +
         chain.a().transpose() * chain.a() / s2) /
        2;
    const GaussianDensity found = limit_law(chain, tied_step(chain, Tie::whole, 1e-6, eta), eta);
    BOOST_TEST((found.covariance * precision - Matrix::Identity(precision.rows(), precision.cols()))
                   .norm() < 0.05);
    BOOST_TEST(bias(found, right).divergence > 0.02);
  }
}

BOOST_AUTO_TEST_CASE(bias_by_hand) {
  const GaussianDensity right{Vector::Zero(2), Matrix::Identity(2, 2)};
  const Bias none = bias(right, right);
  BOOST_TEST((none.mean == 0 && none.spread == 1 && std::abs(none.divergence) < 1e-15));
  const Bias found = bias({Vector::Ones(2), 4 * Matrix::Identity(2, 2)}, right);
  BOOST_TEST(std::abs(found.mean - 1) < 1e-15);
  BOOST_TEST(found.spread == 2);
  BOOST_TEST(std::abs(found.divergence - 0.5 * (3 + 1 - std::log(4.0))) < 1e-14);
}

BOOST_AUTO_TEST_SUITE_END()
