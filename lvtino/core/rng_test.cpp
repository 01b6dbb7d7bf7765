#include "lvtino/core/rng.hpp"

#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>

#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "lvtino/core/philox.hpp"

BOOST_AUTO_TEST_SUITE(rng)

using namespace lvtino;

namespace {

const Placement kExact = {at::kDouble, at::kCPU};

// Largest distance of the empirical distribution from `distribution`, times sqrt(n): above 1.95
// with probability .001.
template <class Distribution>
double kolmogorov_smirnov(const Tensor& draws, const Distribution& distribution) {
  const Tensor sorted = std::get<0>(at::sort(draws));
  const double* const x = sorted.const_data_ptr<double>();
  const auto n = sorted.numel();
  double worst = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double p = distribution(x[i]);
    worst = std::max({worst, p - double(i) / double(n), double(i + 1) / double(n) - p});
  }
  return worst * std::sqrt(double(n));
}

double normal_distribution(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

}  // namespace

RC_BOOST_PROP(a_subset_has_the_numbers_of_the_whole, ()) {
  const auto first = *rc::gen::inRange<std::int64_t>(0, 5000);
  const auto count = *rc::gen::inRange<std::int64_t>(0, 5000);
  const Rng rng(std::uint64_t(*rc::gen::inRange(0, 100)));
  for (const auto dtype : {at::kFloat, at::kDouble}) {
    const Placement placement = {dtype, at::kCPU};
    RC_ASSERT(at::equal(rng.normal({count}, placement, first),
                        rng.normal({10000}, placement).narrow(0, first, count)));
    RC_ASSERT(at::equal(rng.uniform({count}, placement, first),
                        rng.uniform({10000}, placement).narrow(0, first, count)));
  }
}

BOOST_AUTO_TEST_CASE(shape_does_not_matter) {
  BOOST_TEST(at::equal(Rng(1).normal({3, 4, 5}, {}).view(-1), Rng(1).normal({60}, {})));
}

BOOST_AUTO_TEST_CASE(addresses_beyond_32_bits) {
  const std::int64_t far = std::int64_t(1) << 36;
  const Tensor a = Rng(1).normal({8}, kExact, far), b = Rng(1).normal({8}, kExact, far + 4);
  BOOST_TEST(at::equal(a.narrow(0, 4, 4), b.narrow(0, 0, 4)));
  BOOST_TEST(!at::equal(a, Rng(1).normal({8}, kExact)));
}

BOOST_AUTO_TEST_CASE(threads_do_not_matter) {
  const int before = thread_count();
  set_thread_count(1);
  const Tensor one = Rng(1).normal({200001}, {});
  set_thread_count(2);
  const Tensor two = Rng(1).normal({200001}, {});
  set_thread_count(before);
  BOOST_TEST(at::equal(one, two));
}

BOOST_AUTO_TEST_CASE(float32_numbers_are_rounded_float64_ones) {
  BOOST_TEST(at::equal(Rng(1).normal({20000}, {}), Rng(1).normal({20000}, kExact).to(at::kFloat)));
  BOOST_TEST(
      at::equal(Rng(1).uniform({20000}, {}), Rng(1).uniform({20000}, kExact).to(at::kFloat)));
}

// Box-Muller by the library's own functions, from the generator's words.
BOOST_AUTO_TEST_CASE(is_box_muller_of_philox) {
  const Tensor found = Rng(7).normal({4000}, kExact);
  double worst = 0;
  for (std::uint32_t block = 0; block < 1000; ++block) {
    const auto words = philox4x32({block, 0, 0, 0}, {7, 0});
    for (std::size_t pair = 0; pair < 4; pair += 2) {
      const double u = (words[pair] + 0.5) / 4294967296.0,
                   v = (words[pair + 1] + 0.5) / 4294967296.0;
      const double radius = std::sqrt(-2 * std::log(u));
      const double* const at = found.const_data_ptr<double>() + 4 * block + pair;
      worst = std::max({worst, std::abs(at[0] - radius * std::cos(2 * M_PI * v)),
                        std::abs(at[1] - radius * std::sin(2 * M_PI * v))});
    }
  }
  BOOST_TEST(worst < 1e-14);
}

BOOST_AUTO_TEST_CASE(forks) {
  const Rng root(3);
  const auto draw = [](const Rng& rng) { return rng.normal({1000}, kExact); };
  BOOST_TEST(at::equal(draw(root.fork("a")), draw(root.fork("a"))));
  BOOST_TEST(at::equal(draw(root.fork("a", 5)), draw(root.fork("a/5"))));
  const std::vector<Rng> others = {root,
                                   root.fork("a"),
                                   root.fork("b"),
                                   root.fork("a").fork("b"),
                                   root.fork("b").fork("a"),
                                   root.fork("ab"),
                                   root.fork(""),
                                   Rng(4),
                                   Rng(4).fork("a")};
  for (std::size_t i = 0; i < others.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      const Tensor a = draw(others[i]), b = draw(others[j]);
      BOOST_TEST(std::abs(inner_product(a, b)) / 1000 < 5 / std::sqrt(1000.0),
                 "streams " << i << " and " << j << " are correlated");
    }
}

BOOST_AUTO_TEST_CASE(moments_and_distribution) {
  const std::int64_t n = 1000000;
  const Tensor x = Rng(5).normal({n}, kExact);
  const double root = std::sqrt(double(n));
  BOOST_TEST(std::abs(mean_value(x)) * root < 4);
  BOOST_TEST(std::abs(mean_value(x.square()) - 1) * root / std::sqrt(2.0) < 4);
  BOOST_TEST(std::abs(mean_value(x.pow(3))) * root / std::sqrt(15.0) < 4);
  BOOST_TEST(std::abs(mean_value(x.pow(4)) - 3) * root / std::sqrt(96.0) < 4);
  for (std::int64_t lag = 1; lag <= 4; ++lag) {
    const Tensor a = x.narrow(0, 0, n - lag).clone(), b = x.narrow(0, lag, n - lag).clone();
    BOOST_TEST(std::abs(inner_product(a, b)) / root < 4, "at lag " << lag);
  }
  BOOST_TEST(kolmogorov_smirnov(x, normal_distribution) < 1.95);
  const Tensor u = Rng(5).fork("uniform").uniform({n}, kExact);
  BOOST_TEST(kolmogorov_smirnov(u, [](double value) { return value; }) < 1.95);
  BOOST_TEST(at::min(u).item<double>() > 0);
  BOOST_TEST(at::max(u).item<double>() < 1);
  // The test itself can tell: a scale that is 1 % off, a shift by a hundredth.
  BOOST_TEST(kolmogorov_smirnov(x * 1.01, normal_distribution) > 1.95);
  BOOST_TEST(kolmogorov_smirnov(x + 0.01, normal_distribution) > 1.95);
}

BOOST_AUTO_TEST_CASE(integers) {
  std::vector<int> counts(6, 0);
  for (int i = 0; i < 60000; ++i) {
    const auto value = Rng(6).below(6, i);
    BOOST_REQUIRE((value >= 0 && value < 6));
    counts[std::size_t(value)] += 1;
  }
  for (int count : counts) BOOST_TEST(std::abs(count - 10000) < 5 * std::sqrt(10000 * 5 / 6.0));
  BOOST_TEST(Rng(6).below(1) == 0);
  BOOST_TEST(Rng(6).below(1000, 3) == Rng(6).below(1000, 3));
}

BOOST_AUTO_TEST_CASE(refuses_other_dtypes) {
  BOOST_CHECK_THROW(Rng(1).normal({4}, {at::kHalf, at::kCPU}), PlacementError);
  BOOST_CHECK_THROW(Rng(1).uniform({4}, {at::kLong, at::kCPU}), PlacementError);
}

BOOST_AUTO_TEST_SUITE_END()
