#include "solvers/data_prox.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

#include "dense.hpp"
#include "lvtino/core/error.hpp"
#include "operators/axis_maps.hpp"
#include "operators/circular_convolution.hpp"
#include "operators/composed_operator.hpp"
#include "operators/mask_operator.hpp"
#include "operators/separable_operator.hpp"

BOOST_AUTO_TEST_SUITE(data_prox)

using namespace lvtino;

namespace {

constexpr double kSigma = 0.05;

OperatorPtr decimation() {
  return std::make_shared<SeparableOperator>("decimation", Shape{1, 1, 3, 4, 4}, dense::kExact,
                                             average(3, 2, Tail::replicate),
                                             decimate(4, 2, Filter::bicubic, Boundary::reflect),
                                             decimate(4, 2, Filter::bicubic, Boundary::reflect));
}

OperatorPtr enlargement() {
  return std::make_shared<SeparableOperator>(
      "enlargement", Shape{1, 1, 2, 2, 2}, dense::kExact, AxisMap::identity(2),
      average(5, 3, Tail::replicate).transposed(), average(4, 2, Tail::replicate).transposed());
}

OperatorPtr convolution() {
  return std::make_shared<CircularConvolution>(Shape{1, 1, 2, 4, 4}, dense::kExact,
                                               Rng(1).uniform({2, 3, 3}, dense::kExact) / 9);
}

OperatorPtr mask(const Shape& domain) {
  return std::make_shared<MaskOperator>(domain, dense::kExact,
                                        random_mask(domain, dense::kExact, 0.6, true, Rng(2)));
}

/// No factors: a mask after a blur.
OperatorPtr chain() {
  const Shape domain = {1, 1, 2, 4, 4};
  const auto blurred = std::make_shared<SeparableOperator>(
      "blur", domain, dense::kExact, AxisMap::identity(2),
      blur(4, uniform_taps(3), Boundary::reflect), blur(4, uniform_taps(3), Boundary::reflect));
  return compose({blurred, mask(domain)});
}

std::vector<OperatorPtr> operators() {
  return {decimation(), enlargement(), convolution(), mask({1, 1, 2, 4, 4}), chain()};
}

/// y is not of the form A x: noise is part of it.
Measurement noisy(const OperatorPtr& a) {
  return simulate(a, Rng(3).uniform(a->domain(), dense::kExact), kSigma, Rng(4));
}

DataProx prox_of(const OperatorPtr& a) {
  return DataProx(noisy(a), {.tolerance = 1e-13, .max_iterations = 2000});
}

/// (A'A / sigma^2 + I / gamma) p = A'y / sigma^2 + v / gamma, in extended precision.
dense::Vector by_elimination(const Measurement& m, const Tensor& v, double gamma) {
  using Wide = Eigen::Matrix<long double, Eigen::Dynamic, Eigen::Dynamic>;
  const Wide a = dense::matrix_of(*m.op).cast<long double>();
  const long double weight = (long double)(m.sigma) * m.sigma / gamma;
  const Wide normal = a.transpose() * a + weight * Wide::Identity(a.cols(), a.cols());
  const Wide right = a.transpose() * dense::vector_of(m.y).cast<long double>() +
                     weight * dense::vector_of(v).cast<long double>();
  const Wide p = normal.ldlt().solve(right);
  return p.cast<double>();
}

Tensor some_video(const OperatorPtr& a) { return Rng(5).normal(a->domain(), dense::kExact); }

}  // namespace

BOOST_AUTO_TEST_CASE(sides) {
  BOOST_TEST((prox_of(decimation()).factors()->side() == GramFactors::Side::range));
  BOOST_TEST((prox_of(enlargement()).factors()->side() == GramFactors::Side::domain));
  BOOST_TEST((prox_of(convolution()).factors()->side() == GramFactors::Side::domain));
  BOOST_TEST(!prox_of(chain()).exact());
}

BOOST_AUTO_TEST_CASE(twelve_decades_of_gamma_against_elimination) {
  for (const OperatorPtr& a : operators()) {
    const DataProx prox = prox_of(a);
    const Tensor v = some_video(a);
    for (int decade = -6; decade <= 6; ++decade) {
      const double gamma = kSigma * kSigma * std::pow(10.0, decade);
      const SolveSummary found = prox.solve(v, gamma);
      const dense::Vector expected = by_elimination(prox.measurement(), v, gamma);
      BOOST_TEST(found.ok(), a->name() << ", gamma " << gamma << ": " << found.message);
      BOOST_TEST((found.why == SolveSummary::Why::exact) == prox.exact());
      const double distance = (dense::vector_of(found.x) - expected).norm() / expected.norm();
      // Conjugate gradients: their residual times the condition of the normal equations.
      const double bound = prox.exact() ? 1e-9 : 1e-12 * (1 + std::pow(10.0, decade));
      BOOST_TEST(distance < std::max(bound, 1e-11), a->name()
                                                        << ", gamma " << gamma << ": " << distance);
      BOOST_TEST(prox.stationarity(found.x, v, gamma) <
                 std::max(1e-11, 1e-15 * std::pow(10.0, decade)));
    }
  }
}

BOOST_AUTO_TEST_CASE(in_place_equals_beside) {
  for (const OperatorPtr& a : operators()) {
    const DataProx prox = prox_of(a);
    const Tensor v = some_video(a);
    for (const double gamma : {1e-4, 1.0}) {
      Tensor over = v.clone();
      const void* const memory = over.const_data_ptr();
      const SolveSummary summary = prox.solve_in_place(over, gamma);
      BOOST_TEST(summary.ok());
      BOOST_TEST(over.const_data_ptr() == memory);
      BOOST_TEST(summary.x.const_data_ptr() == memory);
      BOOST_TEST(dense::difference(over, prox.solve(v, gamma).x) < 1e-13, a->name());
    }
  }
}

BOOST_AUTO_TEST_CASE(operands_are_left_alone) {
  for (const OperatorPtr& a : operators()) {
    const Tensor v = some_video(a), kept = v.clone();
    const DataProx prox = prox_of(a);
    const Tensor y = prox.measurement().y.clone();
    prox.solve(v, 0.1);
    prox.envelope_lower_bound(v, 0.1);
    BOOST_TEST(at::equal(v, kept));
    BOOST_TEST(at::equal(prox.measurement().y, y));
  }
}

// min_x g(x) + |x - w|^2/(2 gamma), evaluated at the minimiser found by elimination.
BOOST_AUTO_TEST_CASE(envelope_against_elimination) {
  for (const OperatorPtr& a : operators()) {
    const DataProx prox = prox_of(a);
    const Tensor w = some_video(a);
    const dense::Matrix m = dense::matrix_of(*a);
    for (const double ratio : {1e-3, 1.0, 1e3}) {
      const double gamma = kSigma * kSigma * ratio;
      const dense::Vector p = by_elimination(prox.measurement(), w, gamma);
      const double misfit = (m * p - dense::vector_of(prox.measurement().y)).squaredNorm();
      const double value =
          misfit / (2 * kSigma * kSigma) + (p - dense::vector_of(w)).squaredNorm() / (2 * gamma);
      const double bound = prox.envelope_lower_bound(w, gamma);
      BOOST_TEST(std::abs(bound - value) < 1e-11 * value, a->name()
                                                              << ": " << bound << ", " << value);
      BOOST_TEST(bound <= value * (1 + 1e-13));
    }
  }
}

// A chain solved carelessly still gives a bound from below, and says that it was not solved.
BOOST_AUTO_TEST_CASE(careless_solves_bound_from_below) {
  const OperatorPtr a = chain();
  const Tensor w = some_video(a);
  const double gamma = 1;
  const double exact = prox_of(a).envelope_lower_bound(w, gamma);
  for (const int iterations : {1, 3, 6}) {
    const DataProx careless(noisy(a), {.tolerance = 1e-13, .max_iterations = iterations});
    BOOST_TEST(!careless.solve(w, gamma).ok());
    BOOST_CHECK_THROW(careless.apply(w, gamma), NumericalError);
    BOOST_TEST(careless.envelope_lower_bound(w, gamma) < exact);
  }
}

BOOST_AUTO_TEST_CASE(value_by_hand) {
  const Shape shape = {1, 1, 1, 1, 2};
  const auto a = std::make_shared<MaskOperator>(shape, dense::kExact, at::ones({1}));
  const DataProx prox(Measurement(a, at::tensor({1.0, 2.0}, at::kDouble).view(shape), 0.5));
  BOOST_TEST(prox.value(at::tensor({2.0, 4.0}, at::kDouble).view(shape)) == 5 / (2 * 0.25));
  // argmin (x - y)^2 / (2 s^2) + (x - v)^2 / (2 gamma) = (gamma y + s^2 v) / (gamma + s^2)
  const Tensor p = prox.apply(at::tensor({3.0, -1.0}, at::kDouble).view(shape), 0.75);
  BOOST_TEST(dense::difference(p, at::tensor({1.5, 1.25}, at::kDouble).view(shape)) < 1e-15);
}

BOOST_AUTO_TEST_CASE(refusals) {
  const OperatorPtr a = decimation();
  const DataProx prox = prox_of(a);
  Tensor v = some_video(a);
  for (const double gamma : {0.0, -1.0, std::nan(""), double(INFINITY)}) {
    BOOST_CHECK_THROW(prox.solve(v, gamma), NumericalError);
    BOOST_CHECK_THROW(prox.solve_in_place(v, gamma), NumericalError);
  }
  BOOST_CHECK_THROW(prox.solve(at::zeros({1, 1, 3, 4, 5}, at::kDouble), 1), ShapeError);
  BOOST_CHECK_THROW(prox.solve(v.to(at::kFloat), 1), PlacementError);
}

BOOST_AUTO_TEST_SUITE_END()
