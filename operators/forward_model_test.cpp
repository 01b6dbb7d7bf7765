#include "operators/forward_model.hpp"

#include <boost/test/unit_test.hpp>

#include "dense.hpp"
#include "lvtino/core/error.hpp"
#include "operators/axis_maps.hpp"
#include "operators/quantizer.hpp"
#include "operators/separable_operator.hpp"
#include "operators/tone_curve.hpp"

BOOST_AUTO_TEST_SUITE(forward_model)

using namespace lvtino;

namespace {

const Shape kDomain = {1, 1, 2, 4, 4};

OperatorPtr identity() {
  return std::make_shared<SeparableOperator>("identity", kDomain, dense::kExact, AxisMap::identity(2),
                                             AxisMap::identity(4), AxisMap::identity(4));
}

OperatorPtr decimation() {
  return std::make_shared<SeparableOperator>("decimation", kDomain, dense::kExact,
                                             average(2, 2, Tail::replicate),
                                             decimate(4, 2, Filter::bicubic, Boundary::reflect),
                                             AxisMap::identity(4));
}

using ModelPtr = std::shared_ptr<const ForwardModel>;

std::vector<ModelPtr> smooth_models() {
  std::vector<ModelPtr> out;
  for (const OperatorPtr& a : {identity(), decimation()}) {
    out.push_back(std::make_shared<CurvedModel>("linear", a, linear_curve()));
    out.push_back(std::make_shared<CurvedModel>("gamma", a, gamma_curve(2.2)));
    out.push_back(std::make_shared<CurvedModel>("shoulder", a, shoulder_curve(0.6)));
    out.push_back(std::make_shared<CurvedModel>("clipping", a, clipping_curve()));
    out.push_back(std::make_shared<Quantizer>(a, gamma_curve(2.2), Quantizer::Options{0, true}));
  }
  return out;
}

// |(F(x + h v) - F(x - h v)) / 2h - F'(x) v| / |F'(x) v|
double derivative_error(const ForwardModel& f, const Tensor& x, const Tensor& v, const Tensor& jv) {
  constexpr double h = 1e-6;
  const Tensor slope = (f.apply(x + v * h) - f.apply(x - v * h)) / (2 * h);
  return std::sqrt(squared_distance(slope, jv)) / (l2_norm(slope) + l2_norm(jv) + 1e-300);
}

double adjoint_error(const Tensor& jv, const Tensor& w, const Tensor& v, const Tensor& jw) {
  return std::abs(inner_product(jv, w) - inner_product(v, jw)) /
         (l2_norm(jv) * l2_norm(w) + l2_norm(v) * l2_norm(jw) + 1e-300);
}

}  // namespace

BOOST_AUTO_TEST_CASE(derivatives_against_finite_differences_and_each_other) {
  int draw = 0;
  for (const ModelPtr& f : smooth_models())
    for (int repeat = 0; repeat < 5; ++repeat) {
      // Saturated and negative values are among them.
      const Tensor x = Rng(1).fork("x", ++draw).uniform(f->domain(), dense::kExact) * 1.6 - 0.3;
      const Tensor v = Rng(1).fork("v", draw).normal(f->domain(), dense::kExact);
      const Tensor w = Rng(1).fork("w", draw).normal(f->range(), dense::kExact);
      const Tensor jv = f->derivative(x, v), jw = f->adjoint_derivative(x, w);
      BOOST_TEST(derivative_error(*f, x, v, jv) < 1e-6, f->name());
      BOOST_TEST(adjoint_error(jv, w, v, jw) < 1e-12, f->name());
    }
}

// The identity in the place of a Jacobian, as the published code has it, is caught by both laws.
BOOST_AUTO_TEST_CASE(planted_identity_jacobian_is_caught) {
  const CurvedModel f("gamma", identity(), gamma_curve(2.2));
  const Tensor x = Rng(2).uniform(kDomain, dense::kExact), v = Rng(3).normal(kDomain, dense::kExact),
               w = Rng(4).normal(kDomain, dense::kExact);
  BOOST_TEST(derivative_error(f, x, v, v) > 0.05);
  BOOST_TEST(adjoint_error(f.derivative(x, v), w, v, w) > 1e-3);
}

BOOST_AUTO_TEST_CASE(curves_by_hand) {
  const Tensor x = at::tensor({-1.0, 0.0, 0.25, 1.0, 4.0}, at::kDouble);
  const Tensor root = gamma_curve(2)->value(x);
  BOOST_TEST(std::abs(root[2].item<double>() - 0.5) < 1e-15);
  BOOST_TEST(std::abs(root[4].item<double>() - 2) < 1e-15);
  BOOST_TEST(std::abs(root[1].item<double>() - 1.0 / 16) < 1e-15);  // tangent at 1/64: 1/8 + 4 (x - 1/64)
  const Tensor soft = shoulder_curve(0.5)->value(x);
  BOOST_TEST(soft[2].item<double>() == 0.25);
  BOOST_TEST(std::abs(soft[3].item<double>() - (1 - 0.5 * std::exp(-1.0))) < 1e-15);
  for (const auto& curve : {linear_curve(), gamma_curve(2.2), shoulder_curve(0.5)})
    BOOST_TEST(dense::difference(curve->inverse(curve->value(x)), x) < 1e-10);
  BOOST_CHECK_THROW(gamma_curve(0.5), NumericalError);
  BOOST_CHECK_THROW(shoulder_curve(1), NumericalError);
}

BOOST_AUTO_TEST_CASE(quantizer_by_hand) {
  const Shape shape = {1, 1, 1, 1, 5};
  const auto a = std::make_shared<SeparableOperator>("identity", shape, dense::kExact, AxisMap::identity(1),
                                                     AxisMap::identity(1), AxisMap::identity(5));
  const Quantizer q(a, linear_curve(), {.step = 0.25, .saturates = true});
  const Tensor x = at::tensor({-0.4, 0.1, 0.13, 0.6, 2.0}, at::kDouble).view(shape);
  const Tensor y = q.apply(x);
  BOOST_TEST(dense::difference(y.view(-1), at::tensor({0.0, 0.0, 0.25, 0.5, 1.0}, at::kDouble)) < 1e-15);
  const Intervals set = q.intervals(y);
  const Tensor lower = set.lower.view(-1), upper = set.upper.view(-1);
  BOOST_TEST(lower[0].item<double>() == -INFINITY);
  BOOST_TEST(std::abs(upper[0].item<double>() - 0.25 * 0.499) < 1e-15);
  BOOST_TEST(std::abs(lower[3].item<double>() - (0.5 - 0.25 * 0.499)) < 1e-15);
  BOOST_TEST(std::abs(upper[3].item<double>() - (0.5 + 0.25 * 0.499)) < 1e-15);
  BOOST_TEST(std::abs(lower[4].item<double>() - (1 - 0.25 * 0.499)) < 1e-15);
  BOOST_TEST(upper[4].item<double>() == INFINITY);
  BOOST_TEST(set.violation(x) == 0);
  BOOST_CHECK_THROW(q.derivative(x, x), NotSupportedError);
  BOOST_CHECK_THROW(Quantizer(a, linear_curve(), {.step = 0.3, .saturates = true}), NumericalError);
  BOOST_CHECK_THROW(Quantizer(a, linear_curve(), {.step = -1, .saturates = false}), NumericalError);
}

// Whatever curve and step: a video lies in the intervals that its own read-out gives, but for the
// margin, and another one does not.
BOOST_AUTO_TEST_CASE(videos_lie_in_their_intervals) {
  for (const OperatorPtr& a : {identity(), decimation()})
    for (const auto& curve : {linear_curve(), gamma_curve(2.2), shoulder_curve(0.7)})
      for (const double step : {0.0, 1.0 / 3, 1.0 / 255}) {
        const Quantizer q(a, curve, {.step = step, .saturates = true});
        const Tensor x = Rng(5).uniform(kDomain, dense::kExact) * 1.4 - 0.2;
        const Tensor y = q.apply(x);
        const Tensor outside = q.intervals(y).excess(a->apply(x));
        BOOST_TEST((outside > 1e-12).to(at::kDouble).mean().item<double>() < (step > 0 ? 0.05 : 1e-9));
        BOOST_TEST(q.linearised(y).isfinite().all().item<bool>());
        if (step > 0.1) BOOST_TEST(q.intervals(y).violation(x + 1) > 0);
      }
}

BOOST_AUTO_TEST_CASE(intervals_refuse) {
  const OperatorPtr a = identity();
  const Tensor zero = at::zeros(kDomain, at::kDouble);
  BOOST_CHECK_THROW(Intervals(a, zero + 1, zero), NumericalError);
  BOOST_CHECK_THROW(Intervals(a, zero * NAN, zero), NumericalError);
  BOOST_CHECK_THROW(Intervals(a, zero.view(-1), zero), ShapeError);
  BOOST_CHECK_THROW(Intervals(a, zero.to(at::kFloat), zero), PlacementError);
}

BOOST_AUTO_TEST_SUITE_END()
