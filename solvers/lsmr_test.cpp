#include "solvers/lsmr.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

#include "dense.hpp"
#include "operators/axis_maps.hpp"
#include "operators/composed_operator.hpp"
#include "operators/mask_operator.hpp"
#include "operators/separable_operator.hpp"
#include "solvers/data_prox.hpp"

BOOST_AUTO_TEST_SUITE(lsmr)

using namespace lvtino;
using dense::Matrix;
using dense::Vector;
using Why = SolveSummary::Why;

namespace {

const Shape kShape = {1, 1, 3, 4, 4};

// No factors: a blur seen through a mask.
OperatorPtr blurred_mask(const Placement& placement = dense::kExact) {
  const auto blurred = std::make_shared<SeparableOperator>(
      "blur", kShape, placement, AxisMap::identity(3), blur(4, uniform_taps(3), Boundary::reflect),
      blur(4, gaussian_taps(0.6), Boundary::replicate));
  return compose({blurred, std::make_shared<MaskOperator>(
                               kShape, placement, random_mask(kShape, placement, 0.5, true, Rng(3)))});
}

OperatorPtr decimation() {
  return std::make_shared<SeparableOperator>("decimation", kShape, dense::kExact,
                                             average(3, 2, Tail::replicate),
                                             decimate(4, 2, Filter::bicubic, Boundary::reflect),
                                             AxisMap::identity(4));
}

Vector dense_solution(const LinearOperator& a, const Tensor& b, double damp) {
  const Matrix m = dense::matrix_of(a);
  const Eigen::JacobiSVD<Matrix> svd(m, Eigen::ComputeThinU | Eigen::ComputeThinV);
  const Vector s = svd.singularValues();
  Vector gain(s.size());
  for (Eigen::Index i = 0; i < s.size(); ++i)
    gain[i] = s[i] > 1e-12 * s[0] ? s[i] / (s[i] * s[i] + damp * damp) : 0;
  return svd.matrixV() * gain.cwiseProduct(svd.matrixU().transpose() * dense::vector_of(b));
}

}  // namespace

// Least norm for damp = 0, whether A has full rank or not; the damped minimum otherwise.
BOOST_AUTO_TEST_CASE(against_dense_singular_values) {
  for (const OperatorPtr& a : {blurred_mask(), decimation()})
    for (const double damp : {0.0, 1e-3, 0.3, 10.0}) {
      const Tensor b = Rng(5).normal(a->range(), dense::kExact);
      const SolveSummary found = lvtino::lsmr(*a, b, damp, {.tolerance = 1e-13, .max_iterations = 2000});
      const Vector x = dense_solution(*a, b, damp);
      BOOST_TEST_CONTEXT("damp " << damp << ", " << found.message) {
        BOOST_TEST((found.why == Why::converged));
        BOOST_TEST((dense::vector_of(found.x) - x).norm() < 1e-7 * x.norm());
      }
    }
}

BOOST_AUTO_TEST_CASE(residual_is_relative_and_true) {
  const OperatorPtr a = blurred_mask();
  const Tensor b = Rng(5).normal(a->range(), dense::kExact);
  const SolveSummary one = lvtino::lsmr(*a, b, 0.1, {.tolerance = 1e-6});
  const SolveSummary large = lvtino::lsmr(*a, b * 1024, 0.1, {.tolerance = 1e-6});
  BOOST_TEST(one.iterations == large.iterations);
  BOOST_TEST(dense::difference(one.x * 1024, large.x) == 0);
  const double residual = l2_norm(a->adjoint(b - a->apply(one.x)) - one.x * 0.01) / l2_norm(a->adjoint(b));
  BOOST_TEST(std::abs(one.residual - residual) < 1e-15);
  BOOST_TEST(one.residual <= 1e-6);
}

// |A'r| never grows: what conjugate gradients on the normal equations do not promise.
BOOST_AUTO_TEST_CASE(the_residual_falls_monotonically) {
  const OperatorPtr a = blurred_mask();
  const Tensor b = Rng(5).normal(a->range(), dense::kExact);
  double before = INFINITY;
  for (int k = 1; k < 25; ++k) {
    const double now = lvtino::lsmr(*a, b, 0, {.tolerance = 1e-14, .max_iterations = k}).residual;
    BOOST_TEST(now <= before * (1 + 1e-9) + 1e-14);
    before = now;
  }
}

BOOST_AUTO_TEST_CASE(ends_are_reported) {
  const OperatorPtr a = blurred_mask();
  const Tensor b = Rng(5).normal(a->range(), dense::kExact);
  const SolveSummary hasty = lvtino::lsmr(*a, b, 0, {.tolerance = 1e-12, .max_iterations = 2});
  BOOST_TEST((hasty.why == Why::iteration_limit));
  BOOST_TEST(hasty.iterations == 2);
  BOOST_TEST(hasty.message.find("asked for") != std::string::npos);
  const SolveSummary zero = lvtino::lsmr(*a, at::zeros_like(b));
  BOOST_TEST(zero.ok());
  BOOST_TEST(l2_norm(zero.x) == 0);
  // Beyond what float32 can hold: said, not passed over.
  const OperatorPtr single = blurred_mask({});
  const SolveSummary rounded = lvtino::lsmr(*single, b.to(at::kFloat), 0, {.tolerance = 1e-12, .max_iterations = 500});
  BOOST_TEST(!rounded.ok());
  BOOST_TEST(!rounded.message.empty());
  const SolveSummary broken = lvtino::lsmr(*a, b * std::nan(""));
  BOOST_TEST((broken.why == Why::breakdown));
}

// The data prox by LSMR is the one by conjugate gradients, and stationary by a residual of its own.
BOOST_AUTO_TEST_CASE(serves_the_data_prox) {
  const OperatorPtr a = blurred_mask();
  const Measurement m = simulate(a, Rng(1).uniform(kShape, dense::kExact), 0.05, Rng(2));
  const ConjugateGradientOptions options{.tolerance = 1e-12, .max_iterations = 2000};
  const DataProx with_cg(m, options), with_lsmr(m, options, DataFallback::lsmr);
  const Tensor v = Rng(6).normal(kShape, dense::kExact);
  for (const double gamma : {1e-6, 1e-3, 1.0, 1e3}) {
    const SolveSummary p = with_lsmr.solve(v, gamma);
    BOOST_TEST((p.why == Why::converged));
    BOOST_TEST(with_cg.stationarity(p.x, v, gamma) <= 1e-12);
    const double bound = gamma < 1 ? 1e-8 : 1e-4;  // both stop by a residual; the error is its condition times
    BOOST_TEST(dense::difference(p.x, with_cg.solve(v, gamma).x) < bound);
  }
}

BOOST_AUTO_TEST_SUITE_END()
