#include "solvers/joint_prox.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

#include "brute_force.hpp"
#include "dense_tv.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "operators/axis_maps.hpp"
#include "operators/composed_operator.hpp"
#include "operators/mask_operator.hpp"
#include "operators/separable_operator.hpp"
#include "small_joint_prox.hpp"

BOOST_AUTO_TEST_SUITE(joint_prox)

using namespace lvtino;
using dense::BruteForce;
using dense::Vector;
using Kind = TotalVariation::Kind;
using Why = SolveSummary::Why;
using small::data_of, small::decimation, small::kGamma, small::kShape;

namespace {

OperatorPtr blurred_mask() {
  const auto blurred = std::make_shared<SeparableOperator>(
      "blur", kShape, dense::kExact, AxisMap::identity(2),
      blur(4, uniform_taps(3), Boundary::reflect), AxisMap::identity(4));
  return compose(
      {blurred, std::make_shared<MaskOperator>(
                    kShape, dense::kExact, random_mask(kShape, dense::kExact, 0.6, true, Rng(3)))});
}

Tensor start(const Shape& shape = kShape, const Placement& placement = dense::kExact) {
  return Rng(4).uniform(shape, placement);
}

std::vector<TotalVariation> variations() {
  return {TotalVariation(1, 1, 1), TotalVariation(2, 0.5, 3), TotalVariation(0, 1, 4),
          TotalVariation(1, 2, 0.5, Kind::anisotropic), TotalVariation(0, 0, 2, Kind::anisotropic)};
}

struct Problem {
  std::string name;
  std::shared_ptr<const DataProx> data;
  TotalVariation tv;
  BruteForce reference;
  Vector minimiser;
  double minimum;
};

/// With factors, by conjugate gradients, and without data.
std::vector<Problem> make_problems() {
  std::vector<Problem> out;
  for (const auto& data :
       {data_of(decimation()), data_of(blurred_mask()), std::shared_ptr<const DataProx>()})
    for (const TotalVariation& tv : variations()) {
      const auto& w = tv.weights();
      const BruteForce reference(data.get(), tv, start(), kGamma);
      const Vector minimiser = reference.minimiser();
      out.push_back({text(data ? data->measurement().op->name() : "no data", ", weights ", w.h, " ",
                          w.v, " ", w.t, w.isotropic ? " isotropic" : " anisotropic"),
                     data, tv, reference, minimiser, reference.value(minimiser)});
    }
  return out;
}

template <class Check>
void each_problem(const Check& check) {
  static const std::vector<Problem> problems = make_problems();  // their minimisers take a while
  for (const Problem& problem : problems) BOOST_TEST_CONTEXT(problem.name) {
      check(problem);
    }
}

double distance(const Tensor& x, const Vector& y) {
  return (dense::vector_of(x) - y).cwiseAbs().maxCoeff();
}

}  // namespace

// Far past what the gap can certify in float64, the iterates still reach the minimiser: linearly
// with constant steps, as 1/k^2 with shrinking ones.
BOOST_AUTO_TEST_CASE(equals_brute_force) {
  each_problem([](const Problem& p) {
    const auto solve = [&](StepRule rule, int iterations) {
      const JointProx prox(
          p.data, p.tv,
          {.tolerance = 1e-15, .max_iterations = iterations, .rule = rule, .check_every = 500});
      return prox.solve_from(start(), kGamma);
    };
    const JointSolution plain = solve(StepRule::plain, 8000);
    BOOST_TEST(distance(plain.summary.x, p.minimiser) < 1e-8);
    BOOST_TEST(std::abs(plain.primal - p.minimum) < 1e-12 * p.minimum);
    for (const double relaxation : {0.6, 1.0, 1.95}) {
      const JointProx prox(p.data, p.tv,
                           {.tolerance = 1e-15, .max_iterations = 12000, .relaxation = relaxation, .check_every = 500});
      BOOST_TEST(distance(prox.solve_from(start(), kGamma).summary.x, p.minimiser) < 1e-8);
    }
    const JointSolution fast = solve(StepRule::accelerated, 2000);
    BOOST_TEST(distance(fast.summary.x, p.minimiser) < 1e-4);
    BOOST_TEST(fast.primal - p.minimum < 1e-7 * p.minimum);
  });
}

// The certificate: at every stage of the iteration, P - D is at least the true suboptimality and D
// at most the true minimum.
BOOST_AUTO_TEST_CASE(the_gap_bounds_the_suboptimality) {
  each_problem([](const Problem& p) {
    for (const int iterations : {1, 2, 5, 20, 100}) {
      const JointProx prox(p.data, p.tv, {.tolerance = 1e-12, .max_iterations = iterations});
      const JointSolution found = prox.solve_from(start(), kGamma);
      const double value = p.reference.value(dense::vector_of(found.summary.x));
      BOOST_TEST(std::abs(found.primal - value) < 1e-12 * value);
      BOOST_TEST(found.lower <= p.minimum * (1 + 1e-12));
      BOOST_TEST(found.primal >= p.minimum * (1 - 1e-12));
      BOOST_TEST(std::abs(found.summary.residual - (found.primal - found.lower) / found.primal) <
                 1e-12);
    }
  });
}

// Any field in the ball certifies, wherever it came from and whatever it holds at the borders.
BOOST_AUTO_TEST_CASE(arbitrary_dual_fields_bound_from_below) {
  each_problem([](const Problem& p) {
    const JointProx prox(p.data, p.tv);
    const Tensor best = dense::tensor_of(p.minimiser, kShape);
    const JointSolution tight = prox.solve_from(start(), kGamma);
    for (int draw = 0; draw < 20; ++draw) {
      TvDual q = TvDual::zeros(p.tv, best), near = tight.dual.clone();
      int axis = 0;
      const auto perturb = [&](Tensor& field, Tensor& other) {
        if (!field.defined()) return;
        const Tensor signs =
            Rng(5).fork("q", 10 * draw + axis++).normal(kShape, dense::kExact).sign();
        field.copy_(signs / std::sqrt(3));
        other.mul_(0.999).add_(signs *
                               0.0005);  // the borders, where no difference starts, included
      };
      perturb(q.h, near.h), perturb(q.v, near.v), perturb(q.t, near.t);
      BOOST_TEST(prox.certify(best, q, start(), kGamma).lower <= p.minimum * (1 + 1e-12));
      BOOST_TEST(prox.certify(best, near, start(), kGamma).lower <= p.minimum * (1 + 1e-12));
      BOOST_TEST(std::abs(prox.certify(best, near, start(), kGamma).primal - p.minimum) <
                 1e-12 * p.minimum);
    }
  });
}

BOOST_AUTO_TEST_CASE(converges_to_the_promised_gap) {
  each_problem([](const Problem& p) {
    const JointProx prox(p.data, p.tv, {.tolerance = 1e-6, .max_iterations = 5000});
    const JointSolution cold = prox.solve_from(start(), kGamma);
    BOOST_TEST((cold.summary.why == Why::converged));
    BOOST_TEST(cold.summary.residual <= 1e-6);
    // P is 1/gamma strongly convex: |x - x*|^2 <= 2 gamma (P - min P).
    const double radius = std::sqrt(2 * kGamma * (cold.primal - cold.lower));
    BOOST_TEST((dense::vector_of(cold.summary.x) - p.minimiser).norm() <= radius + 1e-12);
    const JointSolution warm = prox.solve_from(start(), kGamma, cold.dual.clone());
    BOOST_TEST((warm.summary.why == Why::converged));
    BOOST_TEST(
        warm.summary.iterations <= 5,
        warm.summary.iterations << " iterations warm, " << cold.summary.iterations << " cold");
  });
}

// The centre is not written to. The dual field handed in becomes the result's, without a copy; one
// that does not fit is dropped.
BOOST_AUTO_TEST_CASE(the_centre_stays_and_the_field_moves) {
  const TotalVariation tv(1, 1, 1);
  const JointProx prox(data_of(decimation()), tv);
  const Tensor u = start();
  TvDual q = TvDual::zeros(tv, u);
  q.h.fill_(0.5);
  const TvDual kept = q.clone();
  const void* const memory[] = {q.h.const_data_ptr(), q.v.const_data_ptr(), q.t.const_data_ptr()};
  const JointSolution found = prox.solve_from(u, kGamma, std::move(q));
  BOOST_TEST(found.summary.ok());
  BOOST_TEST(at::equal(u, start()));
  BOOST_TEST(found.dual.h.const_data_ptr() == memory[0]);
  BOOST_TEST(found.dual.v.const_data_ptr() == memory[1]);
  BOOST_TEST(found.dual.t.const_data_ptr() == memory[2]);
  BOOST_TEST(!q.h.defined());
  BOOST_TEST(at::equal(prox.solve_from(u, kGamma, kept.clone()).summary.x, found.summary.x));
  BOOST_TEST(at::equal(prox.solve_from(u, kGamma, TvDual::zeros(TotalVariation(1, 0, 1), u)).summary.x,
                       prox.solve_from(u, kGamma).summary.x));
}

BOOST_AUTO_TEST_CASE(not_converged_is_reported) {
  const JointProx prox(data_of(decimation()), TotalVariation(3, 3, 3),
                       {.tolerance = 1e-10, .max_iterations = 3});
  const JointSolution found = prox.solve_from(start(), kGamma);
  BOOST_TEST((found.summary.why == Why::iteration_limit));
  BOOST_TEST(!found.summary.ok());
  BOOST_TEST(found.summary.iterations == 3);
  BOOST_TEST(found.summary.residual > 1e-10);
  BOOST_TEST(found.summary.message.find("duality gap") != std::string::npos);
  BOOST_CHECK_THROW(prox.apply(start(), kGamma), NumericalError);
}

BOOST_AUTO_TEST_CASE(not_a_number_is_a_breakdown) {
  Tensor u = start();
  u.view(-1)[5] = std::nan("");
  const JointSolution found = JointProx(nullptr, TotalVariation(1, 1, 1)).solve_from(u, kGamma);
  BOOST_TEST((found.summary.why == Why::breakdown));
}

BOOST_AUTO_TEST_CASE(step_rules_agree) {
  const Shape shape = {1, 2, 5, 20, 24};
  const auto data = data_of(decimation(shape));
  const auto solve = [&](StepRule rule) {
    return JointProx(data, TotalVariation(1, 1, 2),
                     {.tolerance = 1e-8, .max_iterations = 3000, .rule = rule})
        .solve_from(start(shape), kGamma);
  };
  const JointSolution plain = solve(StepRule::plain), fast = solve(StepRule::accelerated);
  BOOST_TEST((plain.summary.why == Why::converged));
  BOOST_TEST((fast.summary.why == Why::converged));
  BOOST_TEST(std::abs(plain.primal - fast.primal) < 2e-8 * plain.primal);
  const double radius = std::sqrt(2 * kGamma * 1e-8 * plain.primal);
  BOOST_TEST(std::sqrt(squared_distance(plain.summary.x, fast.summary.x)) < 2 * radius);
}

BOOST_AUTO_TEST_CASE(threads_do_not_matter) {
  const Shape shape = {1, 2, 5, 52, 44};
  const auto data = data_of(decimation(shape, {}));
  const JointProx prox(data, TotalVariation(1, 1, 2), {.tolerance = 1e-3, .max_iterations = 60});
  const int before = thread_count();
  set_thread_count(1);
  const JointSolution one = prox.solve_from(start(shape, {}), kGamma);
  set_thread_count(2);
  const JointSolution two = prox.solve_from(start(shape, {}), kGamma);
  set_thread_count(before);
  BOOST_TEST(one.summary.iterations > 0);
  BOOST_TEST(at::equal(one.summary.x, two.summary.x));
  BOOST_TEST(one.primal == two.primal);
  BOOST_TEST(one.lower == two.lower);
}

// Units do not matter: (x, y, u, sigma) -> c (x, y, u, sigma), gamma -> c^2 gamma, weights -> 1/c.
BOOST_AUTO_TEST_CASE(scale_equivariance) {
  const OperatorPtr a = decimation();
  const Measurement m = data_of(a)->measurement();
  const double c = 16;  // a power of two: the same bits
  const JointProx small(std::make_shared<DataProx>(m), TotalVariation(1, 1, 2));
  const JointProx large(std::make_shared<DataProx>(Measurement(a, m.y * c, m.sigma * c)),
                        TotalVariation(1 / c, 1 / c, 2 / c));
  const JointSolution p = small.solve_from(start(), kGamma),
                      q = large.solve_from(start() * c, kGamma * c * c);
  BOOST_TEST(p.summary.iterations == q.summary.iterations);
  BOOST_TEST(dense::difference(p.summary.x * c, q.summary.x) < 1e-12);
}

BOOST_AUTO_TEST_CASE(without_variation_it_is_the_data_prox) {
  const auto data = data_of(decimation());
  const JointProx prox(data, TotalVariation(0, 0, 0));
  const SolveSummary found = prox.solve(start(), kGamma);
  BOOST_TEST((found.why == Why::exact));
  BOOST_TEST(at::equal(found.x, data->solve(start(), kGamma).x));
  const SolveSummary nothing = JointProx(nullptr, TotalVariation(0, 0, 0)).solve(start(), kGamma);
  BOOST_TEST(at::equal(nothing.x, start()));
}

// A constant has no variation, and without data it is its own prox; one pixel likewise.
BOOST_AUTO_TEST_CASE(constants_and_single_pixels) {
  const JointProx prox(nullptr, TotalVariation(1, 1, 1));
  for (const Shape& shape : {kShape, Shape{1, 1, 1, 1, 1}, Shape{2, 3, 1, 1, 1}}) {
    const Tensor u = at::full(shape, 0.25, at::kDouble);
    const SolveSummary found = prox.solve(u, kGamma);
    BOOST_TEST(found.ok());
    BOOST_TEST(dense::difference(found.x, u) < 1e-15);
    const JointSolution single = prox.solve_from(u.to(at::kFloat), kGamma);
    BOOST_TEST(single.summary.ok());
    for (const Tensor& field : {single.dual.h, single.dual.v, single.dual.t})
      if (field.defined()) BOOST_TEST(count_non_finite(field) == 0);
  }
}

BOOST_AUTO_TEST_CASE(refusals) {
  const TotalVariation tv(1, 1, 1);
  BOOST_CHECK_THROW(JointProx(nullptr, tv, {.tolerance = 0}), NumericalError);
  BOOST_CHECK_THROW(JointProx(nullptr, tv, {.max_iterations = 0}), NumericalError);
  BOOST_CHECK_THROW(JointProx(nullptr, tv, {.step = -1}), NumericalError);
  BOOST_CHECK_THROW(JointProx(nullptr, tv, {.relaxation = 2}), NumericalError);
  BOOST_CHECK_THROW(JointProx(nullptr, tv, {.rule = StepRule::accelerated, .relaxation = 1.5}), NotSupportedError);
  const JointProx prox(data_of(decimation()), tv);
  BOOST_CHECK_THROW(prox.solve(start(), 0), NumericalError);
  BOOST_CHECK_THROW(prox.solve(start().to(at::kFloat), 1), PlacementError);
  BOOST_CHECK_THROW(prox.solve(start({1, 1, 2, 4, 5}), 1), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
