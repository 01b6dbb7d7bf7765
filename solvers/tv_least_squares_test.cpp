#include "solvers/tv_least_squares.hpp"

#include <boost/test/unit_test.hpp>

#include "dense.hpp"
#include "lvtino/core/error.hpp"
#include "operators/axis_maps.hpp"
#include "operators/separable_operator.hpp"
#include "solvers/data_prox.hpp"
#include "solvers/joint_prox.hpp"

BOOST_AUTO_TEST_SUITE(tv_least_squares)

using namespace lvtino;
using dense::Matrix, dense::Vector;

namespace {

const Shape kShape = {1, 1, 5, 1, 1};

// Mean of the first and of the last frames, so that A is easy to write down.
std::shared_ptr<const SeparableOperator> pairs() {
  return std::make_shared<SeparableOperator>("pairs", kShape, dense::kExact,
                                             average(5, 2, Tail::replicate), AxisMap::identity(1),
                                             AxisMap::identity(1));
}

Matrix differences() {
  Matrix d = Matrix::Zero(4, 5);
  for (int i = 0; i < 4; ++i) d(i, i) = -1, d(i, i + 1) = 1;
  return d;
}

}  // namespace

// The iteration of the published Problem A, written with matrices and in its own units: video 2 x -
// 1, dual of the differences cut at lambda = 2 l.
BOOST_AUTO_TEST_CASE(pdhg_is_the_published_iteration) {
  const auto a = pairs();
  const Matrix m = dense::matrix_of(*a), d = differences();
  const Tensor y = Rng(1).uniform(a->range(), dense::kExact),
               x0 = Rng(2).uniform(kShape, dense::kExact);
  const double l = 0.01, lambda = 2 * l, tau = 0.25, sigma = 0.25;
  const Vector data = 2 * dense::vector_of(y) - Vector::Ones(3);
  Vector x = 2 * dense::vector_of(x0) - Vector::Ones(5), ahead = x;
  Vector p = Vector::Zero(3), q = Vector::Zero(4);
  for (int k = 1; k <= 30; ++k) {
    p = (p + sigma * (m * ahead - data)) / (1 + sigma);
    q = (q + sigma * (d * ahead)).cwiseMax(-lambda).cwiseMin(lambda);
    const Vector next = x - tau * (m.transpose() * p + d.transpose() * q);
    ahead = 2 * next - x;
    x = next;
    const Tensor found = tv_least_squares_pdhg(
        *a, y, TotalVariation(0, 0, l, TotalVariation::Kind::anisotropic), x0, {.iterations = k});
    BOOST_TEST((dense::vector_of(found) - (x + Vector::Ones(5)) / 2).norm() < 1e-12);
  }
}

// Adam of Kingma and Ba on 1/2 |A x - y|^2 + l sum sqrt(|D x|^2 + epsilon^2), with matrices.
BOOST_AUTO_TEST_CASE(adam_is_adam) {
  const auto a = pairs();
  const Matrix m = dense::matrix_of(*a), d = differences();
  const Tensor y = Rng(1).uniform(a->range(), dense::kExact),
               x0 = Rng(2).uniform(kShape, dense::kExact);
  const double l = 0.05, epsilon = 0.005, rate = 0.3;
  const Vector data = dense::vector_of(y);
  Vector x = dense::vector_of(x0), first = Vector::Zero(5), second = Vector::Zero(5);
  for (int k = 1; k <= 12; ++k) {
    const Vector dx = d * x;
    const Vector slopes = (dx.array() / (dx.array().square() + epsilon * epsilon).sqrt()).matrix();
    const Vector g = m.transpose() * (m * x - data) + l * d.transpose() * slopes;
    first = 0.9 * first + 0.1 * g;
    second = 0.999 * second + 0.001 * g.cwiseProduct(g);
    const Vector up = first / (1 - std::pow(0.9, k)), down = second / (1 - std::pow(0.999, k));
    x -= rate * (up.array() / (down.array().sqrt() + 1e-8)).matrix();
    x = x.cwiseMax(0).cwiseMin(1);
    const Tensor found =
        tv_least_squares_adam(*a, y, TotalVariation(0, 0, l), x0,
                              {.iterations = k, .learning_rate = rate, .box = Box{0, 1}});
    BOOST_TEST((dense::vector_of(found) - x).norm() < 1e-12);
  }
}

// Both approach the minimum that the joint prox certifies when its proximal term vanishes.
BOOST_AUTO_TEST_CASE(both_go_to_the_minimiser_of_the_objective) {
  const Shape shape = {1, 1, 4, 6, 6};
  const auto a =
      std::make_shared<SeparableOperator>("A", shape, dense::kExact, average(4, 2, Tail::drop),
                                          average(6, 2, Tail::drop), average(6, 2, Tail::drop));
  const Tensor y = Rng(3).uniform(a->range(), dense::kExact),
               x0 = Rng(4).uniform(shape, dense::kExact);
  const TotalVariation tv(0.02, 0.02, 0.02);
  const auto data = std::make_shared<DataProx>(Measurement(a, y, 1));
  const JointSolution best =
      JointProx(data, tv, {.tolerance = 1e-9, .max_iterations = 200000}).solve_from(x0, 1e7);
  const auto value = [&](const Tensor& x) { return tv_least_squares_value(*a, y, tv, x); };
  const double least = value(best.summary.x);
  const double pdhg = value(tv_least_squares_pdhg(*a, y, tv, x0, {.iterations = 20000}));
  const double adam = value(tv_least_squares_adam(
      *a, y, tv, x0, {.iterations = 8000, .learning_rate = 1e-4, .smoothing = 1e-5}));
  BOOST_TEST(pdhg > least * (1 - 1e-6));
  BOOST_TEST(pdhg < least * (1 + 1e-3));
  BOOST_TEST(adam > least * (1 - 1e-6));
  BOOST_TEST(adam < least * (1 + 3e-2));
  BOOST_TEST(value(x0) > 2 * least);
}

BOOST_AUTO_TEST_CASE(without_weights_it_is_least_squares) {
  const auto a = pairs();
  const Tensor x0 = Rng(2).uniform(kShape, dense::kExact),
               y = a->apply(Rng(5).uniform(kShape, dense::kExact));
  const TotalVariation none(0, 0, 0);
  const Tensor x = tv_least_squares_pdhg(*a, y, none, x0, {.iterations = 3000});
  BOOST_TEST(l2_norm(a->apply(x) - y) < 1e-8);
  const Tensor z =
      tv_least_squares_adam(*a, y, none, x0, {.iterations = 3000, .learning_rate = 1e-2});
  BOOST_TEST(l2_norm(a->apply(z) - y) < 1e-3);
  BOOST_CHECK_THROW(tv_least_squares_pdhg(*a, y, none, x0, {.iterations = 0}), NumericalError);
  BOOST_CHECK_THROW(tv_least_squares_pdhg(*a, y, none, x0, {.extrapolation = 1.5}), NumericalError);
  BOOST_CHECK_THROW(tv_least_squares_adam(*a, y, none, x0, {.learning_rate = 0}), NumericalError);
}

BOOST_AUTO_TEST_SUITE_END()
