#include "lvtino/core/axis_product.hpp"

#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

#include <cmath>

#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "lvtino/core/rng.hpp"

BOOST_AUTO_TEST_SUITE(axis_product)

using namespace lvtino;

namespace {

const Placement kExact = {at::kDouble, at::kCPU};

double difference(const Tensor& a, const Tensor& b) {
  return a.numel() ? at::max(at::abs(a - b)).item<double>() : 0;
}

Tensor by_matmul(const Tensor& m, const Tensor& x, std::int64_t axis) {
  return at::matmul(m, x.transpose(axis, -1).unsqueeze(-1)).squeeze(-1).transpose(axis, -1);
}

}  // namespace

RC_BOOST_PROP(against_matmul, ()) {
  Shape shape;
  const auto dimensions = *rc::gen::inRange<std::int64_t>(1, 6);
  for (int d = 0; d < dimensions; ++d) shape.push_back(*rc::gen::inRange(1, 9));
  const auto axis = *rc::gen::inRange<std::int64_t>(0, dimensions);
  const Rng rng(std::uint64_t(*rc::gen::inRange(0, 1000)));
  const Tensor x = rng.fork("x").normal(shape, kExact);
  const Tensor m =
      rng.fork("m").normal({*rc::gen::inRange(1, 9), shape[std::size_t(axis)]}, kExact);
  const Tensor found = lvtino::axis_product(m, x, axis);
  const Tensor expected = by_matmul(m, x, axis);
  RC_ASSERT(shape_of(found) == shape_of(expected));
  RC_ASSERT(found.is_contiguous());
  RC_ASSERT(difference(found, expected) < 1e-13);
}

// Extents beyond the block sizes, on the last axis and on an inner one.
BOOST_AUTO_TEST_CASE(blocks_and_threads_do_not_matter) {
  const Tensor x = Rng(1).normal({2, 3, 70, 2100}, {});
  const int before = thread_count();
  for (const std::int64_t axis : {0, 2, 3}) {
    const Tensor m = Rng(2).normal({5, x.size(axis)}, {});
    set_thread_count(1);
    const Tensor one = lvtino::axis_product(m, x, axis);
    set_thread_count(2);
    const Tensor two = lvtino::axis_product(m, x, axis);
    BOOST_TEST(at::equal(one, two), "along axis " << axis);
    const Tensor exact = by_matmul(m.to(at::kDouble), x.to(at::kDouble), axis);
    BOOST_TEST(l2_norm((one.to(at::kDouble) - exact).contiguous()) <
               1e-5 * l2_norm(exact.contiguous()));
  }
  set_thread_count(before);
}

BOOST_AUTO_TEST_CASE(refusals) {
  const Tensor x = at::zeros({2, 3, 4}), m = at::zeros({5, 3});
  BOOST_CHECK_THROW(lvtino::axis_product(m, x, 0), ShapeError);
  BOOST_CHECK_THROW(lvtino::axis_product(m, x, 3), ShapeError);
  BOOST_CHECK_THROW(lvtino::axis_product(m, x, -1), ShapeError);
  BOOST_CHECK_THROW(lvtino::axis_product(at::zeros({3}), x, 1), ShapeError);
  BOOST_CHECK_THROW(lvtino::axis_product(m.to(at::kDouble), x, 1), PlacementError);
  BOOST_CHECK_THROW(lvtino::axis_product(m, x.transpose(0, 2), 1), ShapeError);
  BOOST_CHECK_THROW(lvtino::axis_product(m.to(at::kLong), x.to(at::kLong), 1), PlacementError);
}

BOOST_AUTO_TEST_CASE(dct_by_hand) {
  const Tensor d = dct_matrix(2, kExact);
  const double r = std::sqrt(0.5);
  BOOST_TEST(difference(d, at::tensor({r, r, r, -r}, at::kDouble).view({2, 2})) < 1e-15);
  BOOST_TEST(dct_matrix(1, kExact).item<double>() == 1.0);
  BOOST_CHECK_THROW(dct_matrix(0, kExact), ShapeError);
}

BOOST_AUTO_TEST_CASE(dct_is_orthonormal) {
  for (const std::int64_t n : {1, 2, 3, 7, 25, 64, 360, 1280}) {
    const Tensor d = dct_matrix(n, kExact);
    BOOST_TEST(difference(at::matmul(d, d.t()), at::eye(n, at::kDouble)) < 1e-13, "n = " << n);
    BOOST_TEST((dct_matrix(n, {}).scalar_type() == at::kFloat));
  }
}

// The DCT-II diagonalises the second difference with reflecting borders.
BOOST_AUTO_TEST_CASE(dct_diagonalises_the_second_difference) {
  const std::int64_t n = 9;
  Tensor laplace = at::diag(at::full({n}, 2.0, at::kDouble)) -
                   at::diag(at::ones({n - 1}, at::kDouble), 1) -
                   at::diag(at::ones({n - 1}, at::kDouble), -1);
  laplace[0][0] = 1, laplace[n - 1][n - 1] = 1;
  const Tensor d = dct_matrix(n, kExact);
  const Tensor k = at::arange(n, at::kDouble);
  const Tensor eigenvalues = 2 - 2 * at::cos(k * (M_PI / double(n)));
  BOOST_TEST(difference(at::matmul(at::matmul(d, laplace), d.t()), at::diag(eigenvalues)) < 1e-14);
}

BOOST_AUTO_TEST_SUITE_END()
