#include "solvers/total_variation.hpp"

#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

#include <cmath>

#include "dense.hpp"
#include "dense_tv.hpp"
#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(total_variation)

using namespace lvtino;
using Kind = TotalVariation::Kind;

namespace {

Tensor video(const std::vector<double>& values, const Shape& shape) {
  return at::tensor(values, at::kDouble).view(shape);
}

}  // namespace

BOOST_AUTO_TEST_CASE(values_by_hand) {
  // One frame: (0 3; 4 0). Dh = 3, -4 (rows), Dv = 4, -3 (columns).
  const Tensor x = video({0, 3, 4, 0}, {1, 1, 1, 2, 2});
  BOOST_TEST(TotalVariation(1, 1, 1).value(x) == 5.0 + 3.0 + 4.0);
  BOOST_TEST(TotalVariation(1, 1, 1, Kind::anisotropic).value(x) == 14.0);
  BOOST_TEST(TotalVariation(2, 0, 1, Kind::anisotropic).value(x) == 14.0);
  BOOST_TEST(TotalVariation(0, 1, 0).value(x) == 7.0);
  BOOST_TEST(TotalVariation(0, 0, 0).value(x) == 0.0);
  // Three axes at one voxel: lh 2 3 = 6, lv 3 1 = 3, lt 1 2 = 2 -> 7 at the corner.
  const Tensor y = video({0, 3, 1, 0, 2, 0, 0, 0}, {1, 1, 2, 2, 2});
  const double corner = 7;
  const double rest = std::hypot(3 * 3, 3) /* (0,0,1): Dv -3, Dt -3 */ +
                      std::hypot(2, 1) /* (0,1,0) */ + 0 +
                      std::hypot(2 * 2, 3 * 2) /* (1,0,0): Dh -2, Dv -2 */;
  BOOST_TEST(std::abs(TotalVariation(2, 3, 1).value(y) - corner - rest) < 1e-14);
}

BOOST_AUTO_TEST_CASE(axes_of_one_sample_do_not_count) {
  const Tensor line = video({1, 4, 2}, {1, 1, 1, 1, 3});
  for (const Kind kind : {Kind::isotropic, Kind::anisotropic}) {
    BOOST_TEST(TotalVariation(2, 5, 7, kind).value(line) == 10.0);
    BOOST_TEST(TotalVariation(2, 5, 7, kind).value(line.view({1, 1, 3, 1, 1})) == 35.0);
    BOOST_TEST(TotalVariation(2, 5, 7, kind).value(line.view({1, 1, 1, 3, 1})) == 25.0);
    BOOST_TEST(TotalVariation(2, 5, 7, kind).value(line.view({1, 3, 1, 1, 1})) == 0.0);
    BOOST_TEST(TotalVariation(2, 5, 7, kind).value(line.view({3, 1, 1, 1, 1})) == 0.0);
  }
}

RC_BOOST_PROP(against_the_dense_difference, ()) {
  const auto extent = [](int high) { return *rc::gen::inRange<std::int64_t>(1, high); };
  const Shape shape = {extent(3), extent(3), extent(6), extent(30), extent(40)};
  const auto weight = [] { return *rc::gen::element(0.0, 0.3, 1.0, 2.5); };
  const Rng rng(std::uint64_t(*rc::gen::inRange(0, 1000)));
  for (const Kind kind : {Kind::isotropic, Kind::anisotropic}) {
    const TotalVariation tv(weight(), weight(), weight(), kind);
    const Tensor x = rng.normal(shape, dense::kExact);
    const double expected = dense::variation(tv, x);
    RC_ASSERT(std::abs(tv.value(x) - expected) <= 1e-12 * (1 + expected));
    RC_ASSERT(std::abs(tv.value(x.to(at::kFloat)) - expected) <= 1e-5 * (1 + expected));
  }
}

BOOST_AUTO_TEST_CASE(squared_norm_against_the_dense_matrix) {
  for (const Shape& shape :
       std::vector<Shape>{{1, 1, 3, 4, 5}, {2, 1, 1, 4, 3}, {1, 1, 1, 1, 7}, {1, 2, 2, 1, 2}})
    for (const auto& [h, v, t] :
         std::vector<std::array<double, 3>>{{1, 1, 1}, {2, 0.5, 3}, {0, 1, 2}, {0, 0, 1}}) {
      const TotalVariation tv(h, v, t);
      const dense::Matrix k = dense::difference_matrix(tv, shape);
      const double largest =
          Eigen::SelfAdjointEigenSolver<dense::Matrix>(k.transpose() * k).eigenvalues().maxCoeff();
      BOOST_TEST(std::abs(tv.squared_norm(shape) - largest) < 1e-12, to_string(shape));
    }
  BOOST_TEST(TotalVariation(1, 1, 1).squared_norm({1, 1, 1, 1, 1}) == 0.0);
}

BOOST_AUTO_TEST_CASE(dual_fields) {
  const Tensor x = at::zeros({1, 1, 2, 3, 4});
  const TotalVariation tv(1, 0, 2);
  const TvDual q = TvDual::zeros(tv, x);
  BOOST_TEST(q.h.defined());
  BOOST_TEST(!q.v.defined());
  BOOST_TEST(q.fits(tv, x));
  BOOST_TEST(!q.fits(TotalVariation(1, 1, 2), x));
  BOOST_TEST(!q.fits(TotalVariation(1, 0, 0), x));
  BOOST_TEST(!q.fits(tv, at::zeros({1, 1, 2, 3, 5})));
  BOOST_TEST(!q.fits(tv, x.to(at::kDouble)));
  const TvDual copy = q.clone();
  copy.h.fill_(1);
  BOOST_TEST(l2_norm(q.h) == 0.0);
}

BOOST_AUTO_TEST_CASE(refusals) {
  BOOST_CHECK_THROW(TotalVariation(-1, 0, 0), NumericalError);
  BOOST_CHECK_THROW(TotalVariation(0, std::nan(""), 0), NumericalError);
  BOOST_CHECK_THROW(TotalVariation(0, 0, INFINITY), NumericalError);
  const TotalVariation tv(1, 1, 1);
  BOOST_CHECK_THROW(tv.value(at::zeros({2, 3, 4})), ShapeError);
  BOOST_CHECK_THROW(tv.value(at::zeros({1, 1, 2, 3, 4}).transpose(3, 4)), ShapeError);
  BOOST_CHECK_THROW(tv.value(Tensor()), ShapeError);
  BOOST_CHECK_THROW(tv.value(at::zeros({1, 1, 2, 3, 4}, at::kHalf)), PlacementError);
}

BOOST_AUTO_TEST_SUITE_END()
