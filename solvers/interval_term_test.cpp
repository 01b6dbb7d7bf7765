#include "solvers/interval_term.hpp"

#include <boost/test/unit_test.hpp>

#include "dense_projection.hpp"
#include "lvtino/core/error.hpp"
#include "operators/axis_maps.hpp"
#include "operators/jpeg_codec.hpp"
#include "operators/quantizer.hpp"
#include "operators/separable_operator.hpp"
#include "solvers/joint_prox.hpp"
#include "solvers/published_landweber.hpp"

BOOST_AUTO_TEST_SUITE(interval_term)

using namespace lvtino;

namespace {

JpegCodec codec(const Shape& d, const std::string& sampling, const Placement& p = dense::kExact) {
  auto transform = std::make_shared<JpegTransform>(
      d, p, JpegLayout(d[3], d[4], JpegColor::ycc, jpeg_factors(sampling)));
  const Tensor steps = standard_steps(*transform, 10);
  return JpegCodec(std::move(transform), steps);
}

Tensor smooth(const Shape& d, const Placement& p) {
  const Tensor t = at::arange(element_count(d), p.options()).reshape(d);
  return (t * 0.013).sin() * 0.3 + 0.5;
}

std::shared_ptr<IntervalTerm> term(const JpegCodec& c, double sigma) {
  const Shape& d = c.transform()->domain();
  const Tensor levels = c.encode(smooth(d, c.transform()->placement()));
  return std::make_shared<IntervalTerm>("jpeg", make_interval_projector(c.intervals(levels)), sigma);
}

// One pixel measured as 0.5 in steps of 0.2: [0.4, 0.6].
IntervalTerm one_pixel(double sigma) {
  const Shape d = {1, 1, 1, 1, 1};
  const auto a = std::make_shared<SeparableOperator>("identity", d, dense::kExact, AxisMap::identity(1),
                                                     AxisMap::identity(1), AxisMap::identity(1));
  const Tensor half = at::full(d, 0.5, at::kDouble);
  return IntervalTerm("pixel", make_interval_projector(Intervals(a, half - 0.1, half + 0.1)), sigma);
}

Tensor pixel(double value) { return at::full({1, 1, 1, 1, 1}, value, at::kDouble); }

}  // namespace

BOOST_AUTO_TEST_CASE(by_hand) {
  const IntervalTerm hard = one_pixel(0), soft = one_pixel(0.5);
  BOOST_TEST(hard.value(pixel(0.55)) == 0);
  BOOST_TEST(hard.value(pixel(0.7)) == INFINITY);
  BOOST_TEST(hard.apply(pixel(1), 3).item<double>() == 0.6);
  BOOST_TEST(std::abs(hard.envelope_lower_bound(pixel(1), 2) - 0.16 / 4) < 1e-15);
  BOOST_TEST(hard.misfit(pixel(0.5)) == 0);
  BOOST_TEST(std::abs(hard.misfit(pixel(0.8)) - 2) < 1e-12);  // 0.2 over a half width of 0.1
  BOOST_TEST(std::abs(soft.value(pixel(1)) - 0.16 / 0.5) < 1e-14);
  // 1 + (3 / 3.25)(0.6 - 1)
  BOOST_TEST(std::abs(soft.apply(pixel(1), 3).item<double>() - (1 - 0.4 * 3 / 3.25)) < 1e-14);
  BOOST_TEST(std::abs(soft.envelope_lower_bound(pixel(1), 3) - 0.16 / 6.5) < 1e-14);
  BOOST_TEST(std::abs(soft.misfit(pixel(1)) - 0.8) < 1e-14);
  BOOST_CHECK_THROW(one_pixel(-1), NumericalError);
  BOOST_CHECK_THROW(hard.solve(pixel(1), 0), NumericalError);
}

// The prox of the smoothed term is stationary, and its envelope is the objective at it.
BOOST_AUTO_TEST_CASE(smoothed_term_is_consistent) {
  for (const char* sampling : {"444", "420"})
    for (const double gamma : {1e-3, 1.0}) {
      const Shape d = {1, 3, 1, 16, 16};
      const auto g = term(codec(d, sampling), 0.05);
      const Tensor v = smooth(d, dense::kExact) + Rng(1).normal(d, dense::kExact) * 0.1;
      const Tensor p = g->apply(v, gamma);
      const Tensor nearest = g->projector().project(p).summary.x;
      const Tensor slope = (p - nearest) / (0.05 * 0.05) + (p - v) / gamma;
      BOOST_TEST(l2_norm(slope) < 1e-5 * l2_norm(v) / gamma);
      const double objective = g->value(p) + squared_distance(p, v) / (2 * gamma);
      const double bound = g->envelope_lower_bound(v, gamma);
      BOOST_TEST(bound <= objective * (1 + 1e-9));
      BOOST_TEST(bound > objective * (1 - 1e-4));
    }
}

// The joint prox with total variation certifies itself, hard and smoothed, exact and iterated.
BOOST_AUTO_TEST_CASE(joint_prox_converges_with_a_certificate) {
  for (const Placement& p : {dense::kExact, Placement{}})
    for (const char* sampling : {"444", "420"})
      for (const double sigma : {0.0, 0.02}) {
        const Shape d = {1, 3, 3, 16, 16};
        const auto g = term(codec(d, sampling, p), sigma);
        const JointProx joint(g, TotalVariation(1, 1, 1), {.tolerance = 1e-3, .max_iterations = 3000});
        const Tensor u = smooth(d, p) + Rng(2).normal(d, p) * 0.05;
        const JointSolution found = joint.solve_from(u, 0.05);
        BOOST_TEST(found.summary.ok(), sampling << " " << sigma << ": " << found.summary.message);
        BOOST_TEST(found.primal >= found.lower);
        if (sigma == 0)
          BOOST_TEST(g->projector().intervals().violation(found.summary.x) <= g->allowed());
        // No feasible neighbour is better than the bound.
        for (int k = 0; k < 3; ++k) {
          const Tensor moved = found.summary.x + Rng(3).fork("m", k).normal(d, p) * 0.01;
          const Tensor other = sigma == 0 ? g->apply(moved, 1) : moved;
          BOOST_TEST(joint.value(other) + squared_distance(other, u) / 0.1 >= found.lower);
        }
      }
}

// A point that is out of the set has no finite objective: nothing is certified for it.
BOOST_AUTO_TEST_CASE(infeasible_points_get_no_certificate) {
  const Shape d = {1, 3, 1, 8, 8};
  const auto g = term(codec(d, "444"), 0);
  const JointProx joint(g, TotalVariation(1, 1, 0), {});
  const Tensor u = Rng(4).uniform(d, dense::kExact);
  const JointSolution solved = joint.solve_from(u, 0.1);
  const JointSolution bad = joint.certify(u, solved.dual, u, 0.1);
  BOOST_TEST(!std::isfinite(bad.summary.residual));
}

// The published rule against its steps written out, and what it lacks.
BOOST_AUTO_TEST_CASE(published_rule) {
  const Shape d = {1, 3, 1, 16, 16};
  const JpegCodec c = codec(d, "444");
  const auto trip = std::make_shared<JpegRoundTrip>(c);
  const Tensor y = trip->apply(smooth(d, dense::kExact));
  const PublishedLandweber rule(trip, y, 0.01);
  const Tensor v = (smooth(d, dense::kExact) + Rng(5).normal(d, dense::kExact) * 0.1);
  const double w = 0.6026421;
  Tensor x = v.clone();
  for (int k = 0; k < 10; ++k)
    x = at::clamp(x - (w * (c.decode(c.encode(x)) - y) + (x - v)) / (1 + w), 0, 1);
  const Tensor found = rule.apply(v, w * 1e-4);
  BOOST_TEST(dense::difference(found, x) < 1e-12);
  BOOST_TEST(found.min().item<double>() >= 0);
  BOOST_TEST(rule.value(found) > 0);  // it does not meet the data, which the projection does
  const Tensor levels = c.encode(smooth(d, dense::kExact));
  BOOST_TEST(!at::equal(c.encode(found), levels));
  BOOST_TEST(at::equal(c.encode(term(c, 0)->apply(v, 1)), levels));
  BOOST_CHECK_THROW(PublishedLandweber(trip, y, 0), NumericalError);
  BOOST_CHECK_THROW(PublishedLandweber(trip, y.narrow(4, 0, 8).contiguous(), 1), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
