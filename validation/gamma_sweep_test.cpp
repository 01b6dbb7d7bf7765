#include "validation/gamma_sweep.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

#include "law_data.hpp"
#include "lvtino/core/error.hpp"
#include "planted_data.hpp"

BOOST_AUTO_TEST_SUITE(gamma_sweep)

using namespace lvtino;
using namespace lvtino::law_data;

BOOST_AUTO_TEST_CASE(twelve_decades_by_hand) {
  const std::vector<double> gammas = twelve_decades(2);
  BOOST_TEST(gammas.size() == 13u);
  BOOST_TEST(std::abs(gammas.front() - 2e-6) < 1e-20);
  BOOST_TEST(gammas[6] == 2);
  BOOST_TEST(std::abs(gammas.back() / gammas.front() - 1e12) < 1);
}

BOOST_AUTO_TEST_CASE(sound_proxes_pass) {
  for (const Placement& placement : {dense::kExact, Placement{}})
    for (const OperatorPtr& a : {decimation(placement), mask(placement)}) {
      const auto data = data_of(a);
      const LawReport stationary = stationarity_sweep(*data, *data, centre(placement));
      const LawReport path = path_sweep(*data, *data, centre(placement));
      BOOST_TEST(stationary.passed, a->name() << stationary.residual << " of " << stationary.bound
                                              << stationary.witness);
      BOOST_TEST(path.passed, a->name() << path.residual << " of " << path.bound << path.witness);
    }
}

BOOST_AUTO_TEST_CASE(defects_at_one_end_are_caught) {
  const auto data = data_of(decimation());
  const double balance = balanced_step(*data, Rng(0));
  const auto exact = [&](const Tensor& v, double gamma) { return data->solve(v, gamma).x; };
  const auto laws_hold = [&](const AlteredProx::Solve& solve) {
    const AlteredProx altered(solve);
    return std::pair(stationarity_sweep(*data, altered, centre()).passed,
                     path_sweep(*data, altered, centre()).passed);
  };
  BOOST_TEST((laws_hold(exact) == std::pair(true, true)));
  // Steps that end too early, on either side.
  BOOST_TEST(!laws_hold([&](const Tensor& v, double gamma) {
                return exact(v, std::min(gamma, 3e4 * balance));
              }).first);
  BOOST_TEST(!laws_hold([&](const Tensor& v, double gamma) {
                return exact(v, std::max(gamma, 3e-5 * balance));
              }).second);
  // What moves on beyond what the step allows, or back.
  BOOST_TEST(!laws_hold([&](const Tensor& v, double gamma) {
                return exact(v, balance * balance / gamma);
              }).second);
  BOOST_TEST(!laws_hold([&](const Tensor& v, double gamma) {
                return gamma > 3e5 * balance ? v + (exact(v, gamma) - v) * 0.999 : exact(v, gamma);
              }).second);
  // A relaxation to single precision in between.
  BOOST_TEST(!laws_hold([&](const Tensor& v, double gamma) {
                return exact(v, gamma).to(at::kFloat).to(at::kDouble);
              }).first);
}

BOOST_AUTO_TEST_CASE(certificates_hold_and_false_ones_are_caught) {
  const JointProxOptions options{.tolerance = 1e-3, .max_iterations = 20000};
  const TotalVariation tv(1, 0.5, 2);
  for (const OperatorPtr& a : {decimation(), mask()}) {
    const auto data = data_of(a);
    const LawReport sound =
        certificate_sweep(JointProx(data, tv, options), centre(), kSigma * kSigma, Rng(5));
    BOOST_TEST(sound.passed, a->name() << ": " << sound.residual << ", " << sound.witness);
    // Only at the far end.
    const auto greedy =
        std::make_shared<AlteredData>(data, AlteredData::Defect{.promise = 1.1, .from = 1});
    BOOST_TEST(!certificate_sweep(JointProx(greedy, tv, options), centre(), kSigma * kSigma, Rng(5))
                    .passed);
  }
}

BOOST_AUTO_TEST_SUITE_END()
