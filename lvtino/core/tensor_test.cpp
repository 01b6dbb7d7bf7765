#include "lvtino/core/tensor.hpp"

#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

#include <cmath>

#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "lvtino/core/rng.hpp"

BOOST_AUTO_TEST_SUITE(tensor)

using namespace lvtino;

namespace {

const Placement kExact = {at::kDouble, at::kCPU};

}  // namespace

RC_BOOST_PROP(reductions_against_torch, ()) {
  const auto n = *rc::gen::inRange<std::int64_t>(1, 200000);
  const Rng rng(std::uint64_t(*rc::gen::inRange(0, 1000)));
  for (const auto dtype : {at::kFloat, at::kDouble}) {
    const Tensor a = rng.fork("a").normal({n}, {dtype, at::kCPU});
    const Tensor b = rng.fork("b").normal({n}, {dtype, at::kCPU});
    const Tensor x = a.to(at::kDouble), y = b.to(at::kDouble);
    const double scale = std::sqrt((x * x).sum().item<double>() * (y * y).sum().item<double>());
    RC_ASSERT(std::abs(inner_product(a, b) - (x * y).sum().item<double>()) <= 1e-13 * scale);
    const double distance = (x - y).square().sum().item<double>();
    RC_ASSERT(std::abs(squared_distance(a, b) / distance - 1) < 1e-12);
    RC_ASSERT(std::abs(l2_norm(a) / x.norm().item<double>() - 1) < 1e-12);
    RC_ASSERT(std::abs(mean_value(a) - x.mean().item<double>()) < 1e-13);
  }
}

BOOST_AUTO_TEST_CASE(threads_do_not_matter) {
  const Tensor a = Rng(1).normal({1000003}, {}), b = Rng(2).normal({1000003}, {});
  const auto all = [&] {
    return std::vector<double>{inner_product(a, b), squared_distance(a, b), l2_norm(a),
                               mean_value(a)};
  };
  const int before = thread_count();
  set_thread_count(1);
  const auto one = all();
  set_thread_count(2);
  const auto two = all();
  set_thread_count(before);
  BOOST_TEST(one == two);
}

// Adding a million float32 numbers one by one would lose the small part.
BOOST_AUTO_TEST_CASE(accumulates_in_float64) {
  const Tensor a = at::full({1 << 24}, 1.0f);
  a[0] = 0.25;
  BOOST_TEST(mean_value(a) * double(1 << 24) == double((1 << 24) - 1) + 0.25);
}

BOOST_AUTO_TEST_CASE(operands_must_agree) {
  const Tensor a = at::zeros({2, 3});
  BOOST_CHECK_THROW(inner_product(a, at::zeros({3, 2})), ShapeError);
  BOOST_CHECK_THROW(squared_distance(a, at::zeros({6})), ShapeError);
  BOOST_CHECK_THROW(inner_product(a, at::zeros({2, 3}, at::kDouble)), PlacementError);
  BOOST_CHECK_THROW(inner_product(a.t(), at::zeros({3, 2})), ShapeError);
  BOOST_CHECK_THROW(mean_value(at::zeros({0})), ShapeError);
}

BOOST_AUTO_TEST_CASE(requirements_name_what_came) {
  const Tensor a = at::zeros({2, 3});
  BOOST_CHECK_NO_THROW(require(a, {2, 3}, {}, "x"));
  const auto message_of = [&](const Tensor& t, const Shape& shape, const Placement& placement) {
    try {
      require(t, shape, placement, "the measurement");
    } catch (const Error& failure) {
      return std::string(failure.what());
    }
    return std::string();
  };
  BOOST_TEST(message_of(a, {2, 4}, {}) ==
             "the measurement: expected shape [2, 4], got [2, 3] float32 cpu");
  BOOST_TEST(message_of(a, {2, 3}, kExact) ==
             "the measurement: expected float64 cpu, got [2, 3] float32 cpu");
  BOOST_TEST(message_of(Tensor(), {2, 3}, {}) ==
             "the measurement: expected shape [2, 3], got undefined tensor");
  BOOST_CHECK_THROW(require(a.t(), {3, 2}, {}, "x"), ShapeError);
}

BOOST_AUTO_TEST_CASE(counting) {
  BOOST_TEST(element_count({2, 3, 4}) == 24);
  BOOST_TEST(element_count({}) == 1);
  BOOST_TEST(element_count({5, 0}) == 0);
  BOOST_CHECK_THROW(element_count({-1, 2}), ShapeError);
  BOOST_CHECK_THROW(element_count({1LL << 40, 1LL << 40}), ShapeError);
  BOOST_TEST(count_non_finite(at::tensor({1.0f, NAN, INFINITY, -INFINITY, 0.0f})) == 3);
}

BOOST_AUTO_TEST_CASE(digests) {
  const Tensor a = Rng(1).normal({2, 3}, {});
  BOOST_TEST(digest(a) == digest(a.clone()));
  BOOST_TEST(digest(a) != digest(a.view({3, 2})));
  BOOST_TEST(digest(a) != digest(a.to(at::kDouble)));
  BOOST_TEST(digest(a) != digest(a + 1e-6));
  BOOST_TEST(digest(a.t()) == digest(a.t().contiguous()));
}

BOOST_AUTO_TEST_SUITE_END()
