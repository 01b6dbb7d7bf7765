#include "operators/noise_model.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

#include "dense.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "operators/mask_operator.hpp"

BOOST_AUTO_TEST_SUITE(noise_model)

using namespace lvtino;

namespace {

const Shape kShape = {1, 3, 4, 100, 120};
constexpr double kCount = 3 * 4 * 100 * 120;

std::vector<NoisePtr> models() {
  return {gaussian_noise(0.02), poisson_noise(5, 0), poisson_noise(800, 0), poisson_noise(50, 0.05),
          impulse_noise(0.1), rounded_gaussian_noise(0.02, Rounding::bfloat16),
          rounded_gaussian_noise(0.001, Rounding::bfloat16)};
}

OperatorPtr identity(at::ScalarType dtype) {
  return std::make_shared<MaskOperator>(kShape, Placement{dtype, at::kCPU}, at::ones({1}));
}

double mean_square(const Tensor& x) { return std::pow(l2_norm(x.contiguous()), 2) / double(x.numel()); }

}  // namespace

// The same bits as the noise that specs have always had.
BOOST_AUTO_TEST_CASE(gaussian_noise_is_the_plain_one) {
  for (const auto dtype : {at::kFloat, at::kDouble}) {
    const auto a = identity(dtype);
    const Tensor x = Rng(1).uniform(kShape, a->placement());
    const Measurement plain = simulate(a, x, 0.02, Rng(2)), model = simulate(a, x, *gaussian_noise(0.02), Rng(2));
    BOOST_TEST(at::equal(plain.y, model.y));
    BOOST_TEST(model.sigma == 0.02);
  }
}

// bfloat16 numbers in [1/2, 1) are 2^-8 apart: noise of sigma moves one with probability P(|N| > 2^-9/sigma), and
// then mostly by one step.
BOOST_AUTO_TEST_CASE(noise_added_in_bfloat16_is_mostly_rounding) {
  constexpr double kSigma = 0.001, kStep = 1.0 / 256;
  const NoisePtr noise = rounded_gaussian_noise(kSigma, Rounding::bfloat16);
  const Tensor x = rounded(Rng(1).uniform(kShape, {at::kDouble}).mul_(0.5).add_(0.5), Rounding::bfloat16);
  const Tensor y = noise->draw(x, Rng(2));
  BOOST_TEST(at::equal(rounded(y, Rounding::bfloat16), y));
  const double stays = std::erf(0.5 * kStep / kSigma / std::sqrt(2.0));  // .9492
  const double share = double(at::eq(x, y).sum().item<std::int64_t>()) / kCount;
  BOOST_TEST(std::abs(share - stays) < 5 * std::sqrt(stays * (1 - stays) / kCount));
  const NoisePower power = noise->power(x.narrow(4, 0, 8).contiguous());
  BOOST_TEST(std::abs(power.mean_square - (1 - stays) * kStep * kStep) < 2e-2 * power.mean_square);
  BOOST_TEST(rounded_gaussian_noise(kSigma, Rounding::bfloat16, 0.5)->data_sigma(y) == 0.5);
  BOOST_TEST((rounded_gaussian_noise(kSigma, Rounding::none)->words() == gaussian_noise(kSigma)->words()));
  BOOST_CHECK_THROW(rounded_gaussian_noise(0, Rounding::bfloat16), NumericalError);
}

BOOST_AUTO_TEST_CASE(photon_noise_has_its_mean_and_variance) {
  for (const double level : {0.0, 0.02, 0.3, 1.0})
    for (const double peak : {3.0, 40.0, 5000.0}) {
      const Tensor x = at::full(kShape, level, at::kDouble);
      const Tensor noise = (poisson_noise(peak, 0)->draw(x, Rng(3)) - x).contiguous();
      const double variance = level / peak;
      BOOST_TEST(std::abs(mean_value(noise)) <= 5 * std::sqrt(variance / kCount));
      BOOST_TEST(std::abs(mean_square(noise) - variance) <=
                 5 * std::sqrt((level / std::pow(peak, 3) + 2 * variance * variance) / kCount));
    }
  // Counts are whole, and values below black are black.
  const Tensor counts = poisson_noise(40, 0)->draw(Rng(4).uniform(kShape, dense::kExact), Rng(5)) * 40;
  BOOST_TEST(dense::difference(counts, counts.round()) < 1e-12);
  BOOST_TEST(l2_norm(poisson_noise(40, 0)->draw(at::full(kShape, -0.5, at::kDouble), Rng(5))) == 0.0);
}

BOOST_AUTO_TEST_CASE(read_noise_adds_its_variance) {
  const Tensor x = at::full(kShape, 0.4, at::kDouble);
  const double variance = 0.4 / 50 + 0.05 * 0.05;
  const Tensor noise = poisson_noise(50, 0.05)->draw(x, Rng(6)) - x;
  BOOST_TEST(std::abs(mean_square(noise) - variance) <
             5 * std::sqrt((0.4 / 125000 + 2 * variance * variance) / kCount));
}

BOOST_AUTO_TEST_CASE(impulses_by_count) {
  const Tensor x = at::full(kShape, 0.4, at::kDouble);
  const Tensor y = impulse_noise(0.1)->draw(x, Rng(7));
  const auto share = [&](double value) { return (y == value).sum().item<double>() / kCount; };
  const double error = 5 * std::sqrt(0.05 * 0.95 / kCount);
  BOOST_TEST(std::abs(share(0) - 0.05) < error);
  BOOST_TEST(std::abs(share(1) - 0.05) < error);
  BOOST_TEST(share(0) + share(1) + share(0.4) == 1.0);
}

BOOST_AUTO_TEST_CASE(powers_by_hand) {
  const Tensor x = at::tensor({0.0, 1.0, -0.5, 0.25}, at::kDouble);
  BOOST_TEST(std::abs(gaussian_noise(0.1)->power(x).mean_square - 0.01) < 1e-16);
  BOOST_TEST(std::abs(gaussian_noise(0.1)->power(x).standard_error - 0.01 * std::sqrt(0.5)) < 1e-16);
  BOOST_TEST(std::abs(poisson_noise(10, 0)->power(x).mean_square - (0.1 + 0.25 + 0.025) / 4) < 1e-15);
  BOOST_TEST(std::abs(poisson_noise(10, 0)->power(x).standard_error -
                      std::sqrt((0.001 + 0.02 + 0.00025 + 2 * 0.000625) / 4 / 4)) < 1e-15);
  BOOST_TEST(std::abs(impulse_noise(0.2)->power(x).mean_square - 0.1 * (1 + 1 + 2.5 + 0.625) / 4) < 1e-15);
}

// From y alone, sigma of the data term is near the root mean square of the noise, unless it is given.
BOOST_AUTO_TEST_CASE(sigma_of_the_data_term) {
  const auto a = identity(at::kDouble);
  const Tensor x = Rng(8).uniform(kShape, dense::kExact);
  for (const NoisePtr& noise : models()) {
    const Measurement m = simulate(a, x, *noise, Rng(9));
    BOOST_TEST(std::abs(m.sigma / std::sqrt(noise->power(x).mean_square) - 1) < 0.01, noise->name());
    BOOST_TEST(m.sigma == noise->data_sigma(m.y));
  }
  BOOST_TEST(simulate(a, x, *poisson_noise(40, 0, 0.3), Rng(9)).sigma == 0.3);
  BOOST_TEST(simulate(a, x, *gaussian_noise(0.1, 0.3), Rng(9)).sigma == 0.3);
  // A black frame under photon noise has no noise: there is no data term to give.
  BOOST_CHECK_THROW(simulate(a, at::zeros(kShape, at::kDouble), *poisson_noise(40, 0), Rng(9)), NumericalError);
}

BOOST_AUTO_TEST_CASE(draws_by_address) {
  const int before = thread_count();
  for (const auto dtype : {at::kFloat, at::kDouble}) {
    const Tensor x = Rng(10).uniform(kShape, {dtype, at::kCPU}), kept = x.clone();
    for (const NoisePtr& noise : models()) {
      set_thread_count(1);
      const Tensor one = noise->draw(x, Rng(11));
      set_thread_count(2);
      const Tensor two = noise->draw(x, Rng(11));
      set_thread_count(before);
      BOOST_TEST(at::equal(one, two));
      BOOST_TEST(one.scalar_type() == dtype);
      BOOST_TEST(!at::equal(one, noise->draw(x, Rng(12))));
      BOOST_TEST(at::equal(x, kept));  // the operand is left alone
    }
  }
}

BOOST_AUTO_TEST_CASE(refusals) {
  BOOST_CHECK_THROW(gaussian_noise(0), NumericalError);
  BOOST_CHECK_THROW(gaussian_noise(std::nan("")), NumericalError);
  BOOST_CHECK_THROW(poisson_noise(0, 0), NumericalError);
  BOOST_CHECK_THROW(poisson_noise(10, -1), NumericalError);
  BOOST_CHECK_THROW(impulse_noise(0), NumericalError);
  BOOST_CHECK_THROW(impulse_noise(1), NumericalError);
}

BOOST_AUTO_TEST_SUITE_END()
