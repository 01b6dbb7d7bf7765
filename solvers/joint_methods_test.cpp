#include <boost/test/unit_test.hpp>

#include <cmath>

#include "brute_force.hpp"
#include "lvtino/core/error.hpp"
#include "operators/composed_operator.hpp"
#include "operators/mask_operator.hpp"
#include "small_joint_prox.hpp"
#include "solvers/boxed_data.hpp"
#include "solvers/joint_prox.hpp"
#include "solvers/tv_line.hpp"

// Every method of the joint prox against one dense minimiser, on a box too.
BOOST_AUTO_TEST_SUITE(joint_methods)

using namespace lvtino;
using dense::BruteForce;
using dense::Vector;
using Kind = TotalVariation::Kind;
using Why = SolveSummary::Why;
using small::data_of, small::decimation, small::kGamma, small::kShape;

namespace {

OperatorPtr mask() {
  return std::make_shared<MaskOperator>(kShape, dense::kExact,
                                        random_mask(kShape, dense::kExact, 0.6, true, Rng(3)));
}

Tensor start(const Shape& shape = kShape, const Placement& placement = dense::kExact) {
  return Rng(4).normal(shape, placement) * 0.3 + 0.5;
}

struct Problem {
  std::shared_ptr<const DataProx> data;
  TotalVariation tv;
  std::optional<Box> box;
  Vector minimiser;
  double minimum;
};

std::vector<Problem> make_problems(std::optional<Box> box) {
  std::vector<Problem> out;
  for (const auto& data : {data_of(decimation()), data_of(mask()), std::shared_ptr<const DataProx>()})
    for (const TotalVariation& tv :
         {TotalVariation(1, 1, 1), TotalVariation(0, 1, 4), TotalVariation(1, 2, 0.5, Kind::anisotropic)}) {
      const BruteForce reference(data.get(), tv, start(), kGamma, box);
      const Vector x = reference.minimiser();
      out.push_back({data, tv, box, x, reference.value(x)});
    }
  return out;
}

const std::vector<Problem>& free_problems() {
  static const std::vector<Problem> problems = make_problems({});
  return problems;
}

const std::vector<Problem>& boxed_problems() {
  static const std::vector<Problem> problems = make_problems(Box{0.35, 0.7});
  return problems;
}

double distance(const Tensor& x, const Vector& y) {
  return (dense::vector_of(x) - y).cwiseAbs().maxCoeff();
}

void check_bounds(const Problem& p, const JointSolution& found) {
  for (const CurvePoint& point : found.curve) {
    BOOST_TEST(point.lower <= p.minimum * (1 + 1e-11));
    BOOST_TEST(point.primal >= p.minimum * (1 - 1e-11));
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(reach_the_dense_minimiser) {
  for (const Problem& p : free_problems())
    for (const JointMethod method : {JointMethod::fista, JointMethod::admm}) {
      JointProxOptions options{.tolerance = 1e-15, .max_iterations = 6000, .check_every = 20};
      options.method = method;
      const JointSolution found = JointProx(p.data, p.tv, options).solve_from(start(), kGamma);
      BOOST_TEST_CONTEXT(to_string(method) << ", " << found.summary.message) {
        BOOST_TEST(distance(found.summary.x, p.minimiser) < (method == JointMethod::admm ? 1e-7 : 1e-5));
        BOOST_TEST(std::abs(found.primal - p.minimum) < 1e-9 * p.minimum);
        check_bounds(p, found);
      }
    }
}

BOOST_AUTO_TEST_CASE(converge_to_the_promised_gap_and_start_warm) {
  for (const Problem& p : free_problems())
    for (const JointMethod method : {JointMethod::chambolle_pock, JointMethod::fista, JointMethod::admm}) {
      JointProxOptions options{.tolerance = 1e-6, .max_iterations = 5000};
      options.method = method;
      const JointProx prox(p.data, p.tv, options);
      const JointSolution cold = prox.solve_from(start(), kGamma);
      BOOST_TEST((cold.summary.why == Why::converged), to_string(method));
      const double radius = std::sqrt(2 * kGamma * (cold.primal - cold.lower));
      BOOST_TEST((dense::vector_of(cold.summary.x) - p.minimiser).norm() <= radius + 1e-12);
      const JointSolution again = prox.certify(cold.summary.x, cold.dual, start(), kGamma);
      BOOST_TEST(again.primal == cold.primal);
      BOOST_TEST(again.lower == cold.lower);
      const JointSolution warm = prox.solve_from(start(), kGamma, cold.dual.clone());
      BOOST_TEST(warm.summary.ok());
      BOOST_TEST(warm.summary.iterations <= std::max(10, cold.summary.iterations));
    }
}

// Adam ends near the smoothed minimiser. The smoothing gap that it reports is a part of the certified
// gap, both shrink with the smoothing, and bounds hold throughout.
BOOST_AUTO_TEST_CASE(adam_has_the_floor_of_its_smoothing) {
  for (const Problem& p : free_problems()) {
    double before = INFINITY;
    for (const double smoothing : {0.1, 0.02, 0.004}) {
      JointProxOptions options{.tolerance = 1e-15, .max_iterations = 4000, .check_every = 1000};
      options.method = JointMethod::adam;
      options.adam = {.learning_rate = 5e-5, .smoothing = smoothing};
      const JointSolution found = JointProx(p.data, p.tv, options).solve_from(start(), kGamma);
      BOOST_TEST_CONTEXT(found.summary.message) {
        BOOST_TEST((found.summary.why == Why::iteration_limit));
        BOOST_TEST(found.summary.residual > 0);
        if (smoothing > 0.01) BOOST_TEST(found.summary.residual < before);
        if (smoothing > 0.01) before = found.summary.residual;
        BOOST_TEST(found.summary.message.find("smoothing") != std::string::npos);
        check_bounds(p, found);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_box_is_part_of_the_problem) {
  double apart = 0;  // from the clamped prox without a box, which is another point
  for (const Problem& p : boxed_problems())
    for (const JointMethod method : {JointMethod::chambolle_pock, JointMethod::fista}) {
      JointProxOptions options{.tolerance = 1e-9, .max_iterations = 20000};
      options.method = method;
      options.box = p.box;
      const JointProx prox(p.data, p.tv, options);
      const JointSolution found = prox.solve_from(start(), kGamma);
      BOOST_TEST_CONTEXT(to_string(method) << ", " << found.summary.message) {
        BOOST_TEST((found.summary.why == Why::converged));
        BOOST_TEST(p.box->contains(found.summary.x));
        const double radius = std::sqrt(2 * kGamma * std::max(0.0, found.primal - found.lower));
        BOOST_TEST((dense::vector_of(found.summary.x) - p.minimiser).norm() <= radius + 1e-9);
        check_bounds(p, found);
        const Tensor clamped = JointProx(p.data, p.tv, {.tolerance = 1e-9, .max_iterations = 20000})
                                   .apply(start(), kGamma)
                                   .clamp(p.box->low, p.box->high);
        apart = std::max(apart, distance(clamped, p.minimiser));
        BOOST_TEST(std::isinf(prox.value(start())));
        const JointSolution warm = prox.solve_from(start(), kGamma, found.dual.clone());
        BOOST_TEST(warm.summary.ok());
        BOOST_TEST(warm.summary.iterations <= std::max(10, found.summary.iterations));
      }
    }
  BOOST_TEST(apart > 1e-3);
}

BOOST_AUTO_TEST_CASE(data_in_a_box) {
  const Box box{0.35, 0.7};
  for (const auto& data : {data_of(decimation()), data_of(mask())})
    for (const JointMethod method : {JointMethod::chambolle_pock, JointMethod::fista})
      for (const double gamma : {1e-4, kGamma, 2.0}) {
        JointProxOptions options{.tolerance = 1e-9, .max_iterations = 20000};
        options.method = method;
        const BoxedData boxed(data, box, options);
        const SolveSummary found = boxed.solve(start(), gamma);
        const BruteForce reference(data.get(), TotalVariation(0, 0, 0), start(), gamma, box);
        const Vector best = reference.minimiser();
        BOOST_TEST_CONTEXT(to_string(method) << ", gamma " << gamma << ", " << found.message) {
          BOOST_TEST((found.why == Why::converged));
          BOOST_TEST(box.contains(found.x));
          BOOST_TEST((dense::vector_of(found.x) - best).norm() <=
                     std::sqrt(2e-9 * gamma * reference.value(best)) * 1.5 + 1e-8);
          const double lower = boxed.envelope_lower_bound(start(), gamma);
          BOOST_TEST(lower <= reference.value(best) * (1 + 1e-10));
          BOOST_TEST(lower >= reference.value(best) * (1 - 1e-8));
        }
      }
  BOOST_TEST(std::isinf(BoxedData(data_of(mask()), box).value(at::ones(kShape, at::kDouble))));
}

// A channel whose data are harsher makes the slices stop at different iterations; the bits stay.
BOOST_AUTO_TEST_CASE(slice_by_slice_has_the_bits_of_the_whole) {
  for (const Placement& placement : {dense::kExact, Placement{}})
    for (const Shape& shape : {Shape{1, 3, 5, 40, 36}, Shape{2, 2, 3, 10, 12}, Shape{1, 1, 4, 9, 8}})
      for (const bool with_data : {true, false})
        for (const int limit : {7, 1000}) {
          Tensor u = start(shape, placement);
          u.select(1, 0).mul_(0.01);
          const auto data = with_data ? data_of(decimation(shape, placement)) : nullptr;
          JointProxOptions options{.tolerance = 3e-4, .max_iterations = limit};
          const JointSolution whole = JointProx(data, TotalVariation(1, 1, 2), options).solve_from(u, kGamma);
          options.by_slice = true;
          const JointSolution parts = JointProx(data, TotalVariation(1, 1, 2), options).solve_from(u, kGamma);
          BOOST_TEST(whole.summary.iterations == parts.summary.iterations);
          BOOST_TEST((whole.summary.why == parts.summary.why));
          BOOST_TEST(at::equal(whole.summary.x, parts.summary.x));
          BOOST_TEST(whole.primal == parts.primal);
          BOOST_TEST(whole.lower == parts.lower);
          BOOST_TEST(!parts.dual.t.defined());
        }
}

BOOST_AUTO_TEST_CASE(refusals) {
  const TotalVariation tv(1, 1, 1);
  JointProxOptions options;
  options.box = Box{1, 0};
  BOOST_CHECK_THROW(JointProx(nullptr, tv, options), NumericalError);
  options.box = Box{0, 1};
  options.method = JointMethod::adam;
  BOOST_CHECK_THROW(JointProx(nullptr, tv, options), NotSupportedError);
  options = {};
  options.by_slice = true;
  const Shape shape = {1, 2, 2, 4, 4};
  const auto coupled = data_of(std::make_shared<MaskOperator>(
      shape, dense::kExact, random_mask(shape, dense::kExact, 0.6, true, Rng(3))));
  BOOST_CHECK_THROW(JointProx(coupled, tv, options).solve(start(shape), 1), NotSupportedError);
  options.method = JointMethod::fista;
  BOOST_CHECK_THROW(JointProx(nullptr, tv, options), NotSupportedError);
  BOOST_CHECK_THROW(joint_method("newton"), NotSupportedError);
}

// Weighted total variation along one axis alone has the exact solver on a line as its oracle.
BOOST_AUTO_TEST_CASE(one_axis_equals_the_line) {
  const Shape shape = {1, 2, 6, 7, 9};
  const Tensor u = start(shape);
  for (const JointMethod method : {JointMethod::chambolle_pock, JointMethod::fista, JointMethod::admm})
    for (std::int64_t axis = 2; axis < 5; ++axis) {
      const double weight = 3, gamma = 0.1;
      const TotalVariation tv(axis == 4 ? weight : 0, axis == 3 ? weight : 0, axis == 2 ? weight : 0);
      JointProxOptions options{.tolerance = 1e-10, .max_iterations = 20000};
      options.method = method;
      const JointSolution found = JointProx(nullptr, tv, options).solve_from(u, gamma);
      BOOST_TEST((found.summary.why == Why::converged), to_string(method) << found.summary.message);
      const Tensor exact = tv_denoised_axis(u, axis, weight * gamma);
      BOOST_TEST(std::sqrt(squared_distance(found.summary.x, exact)) <=
                 std::sqrt(2 * gamma * 1e-10 * found.primal) + 1e-12);
    }
}

BOOST_AUTO_TEST_SUITE_END()
