#include "solvers/interval_projector.hpp"

#include <boost/test/unit_test.hpp>

#include "dense_projection.hpp"
#include "lvtino/core/error.hpp"
#include "operators/axis_maps.hpp"
#include "operators/jpeg_codec.hpp"
#include "operators/mask_operator.hpp"
#include "operators/quantizer.hpp"
#include "operators/separable_operator.hpp"

BOOST_AUTO_TEST_SUITE(interval_projector)

using namespace lvtino;

namespace {

using ProjectorPtr = std::shared_ptr<const IntervalProjector>;
const IntervalProjectionOptions kTight = {.feasibility = 1e-12, .gap = 1e-12, .max_iterations = 200000};

OperatorPtr separable(const Shape& d, AxisMap t, AxisMap h, AxisMap w) {
  return std::make_shared<SeparableOperator>("separable", d, dense::kExact, std::move(t), std::move(h), std::move(w));
}

Intervals quantised(const OperatorPtr& a, int draw) {
  const Quantizer q(a, linear_curve(), {.step = 0.125, .saturates = true});
  return q.intervals(q.apply(Rng(1).fork("truth", draw).uniform(a->domain(), dense::kExact) * 1.2 - 0.1));
}

Intervals jpeg(const Shape& d, const std::string& sampling, int quality, const Placement& p = dense::kExact) {
  auto transform = std::make_shared<JpegTransform>(
      d, p, JpegLayout(d[3], d[4], JpegColor::ycc, jpeg_factors(sampling)));
  const JpegCodec codec(transform, standard_steps(*transform, quality));
  return codec.intervals(codec.encode(Rng(2).fork(sampling).uniform(d, p)));
}

// About 32 unknowns each; every kind of operator.
std::vector<Intervals> small_sets() {
  const Shape d = {1, 1, 2, 4, 4};
  return {quantised(separable(d, AxisMap::identity(2), AxisMap::identity(4), AxisMap::identity(4)), 1),
          quantised(separable(d, average(2, 2, Tail::replicate), decimate(4, 2, Filter::area, Boundary::reflect, 0.5),
                              AxisMap::identity(4)), 2),
          quantised(separable(d, AxisMap::identity(2), decimate(4, 2, Filter::bicubic, Boundary::reflect),
                              blur(4, uniform_taps(3), Boundary::reflect)), 3),
          quantised(std::make_shared<MaskOperator>(d, dense::kExact, random_mask(d, dense::kExact, 0.6, true, Rng(2))), 4),
          jpeg({1, 3, 1, 3, 3}, "444", 20), jpeg({1, 3, 1, 3, 4}, "420", 20), jpeg({1, 3, 1, 2, 5}, "422", 60)};
}

Tensor near(const Intervals& set, int draw, double spread = 0.4) {
  return Rng(3).fork("v", draw).normal(set.op->domain(), set.op->placement()) * spread + 0.5;
}

// P is the projection iff x is in C and <v - x, z - x> <= 0 for all z in C.
void check_laws(const IntervalProjector& p, const Tensor& v, const Tensor& w, double bound) {
  const Tensor x = p.project(v).summary.x, z = p.project(w).summary.x;
  BOOST_TEST(p.intervals().violation(x) < bound);
  BOOST_TEST(l2_norm(p.project(x).summary.x - x) <= bound * l2_norm(x));  // idempotent
  const Tensor d = x - z;
  BOOST_TEST(inner_product(d, d) - inner_product(d, v - w) <= bound * inner_product(v - w, v - w));
  BOOST_TEST(inner_product(v - x, z - x) <= bound * l2_norm(v - x) * (1 + l2_norm(z - x)));
}

}  // namespace

BOOST_AUTO_TEST_CASE(kinds) {
  const auto sets = small_sets();
  const bool exact[] = {true, true, false, false, false, false, false};
  for (std::size_t i = 0; i < sets.size(); ++i)
    BOOST_TEST(make_interval_projector(sets[i])->exact() == exact[i], i);
  BOOST_TEST(make_interval_projector(jpeg({1, 3, 1, 8, 16}, "444", 10))->exact());
  BOOST_CHECK_THROW(semi_orthogonal_projector(sets[2]), NotSupportedError);
  BOOST_CHECK_THROW(jpeg_projector(sets[4]), NotSupportedError);
  BOOST_CHECK_THROW(jpeg_projector(sets[0]), NotSupportedError);
  BOOST_CHECK_THROW(jpeg_frames_projector(sets[0]), NotSupportedError);
}

BOOST_AUTO_TEST_CASE(against_coordinate_ascent_on_about_32_unknowns) {
  int draw = 0;
  for (const Intervals& set : small_sets())
    for (const double spread : {0.02, 0.4, 3.0}) {
      const Tensor v = near(set, ++draw, spread);
      const dense::Vector expected = dense::project_by_coordinates(set, v);
      const ProjectorPtr p = make_interval_projector(set, kTight);
      const Projection found = p->project(v);
      BOOST_TEST(found.summary.ok(), found.summary.message);
      BOOST_TEST((dense::vector_of(found.summary.x) - expected).norm() < 1e-8, set.op->name() << " " << draw);
      // The bound of the multipliers is tight and from below.
      const double half = (expected - dense::vector_of(v)).squaredNorm() / 2;
      BOOST_TEST(std::abs(found.half_squared_distance - half) < 1e-9 * (1 + half));
      BOOST_TEST(found.half_squared_distance <= half + 1e-11 * (1 + half));
    }
}

BOOST_AUTO_TEST_CASE(laws_of_projections) {
  for (const Intervals& set : small_sets())
    check_laws(*make_interval_projector(set, kTight), near(set, 1), near(set, 2), 1e-9);
  for (const char* sampling : {"444", "420"}) {
    const Intervals set = jpeg({1, 3, 2, 16, 32}, sampling, 10);
    check_laws(*make_interval_projector(set, kTight), near(set, 3), near(set, 4), 1e-9);
  }
}

// v = P v + (v - P v) with the second part the prox of the support function of C: the two parts
// certify each other, |v - P v|^2 = sup over C of <v - P v, . > - ... at equality.
BOOST_AUTO_TEST_CASE(moreau_identity) {
  for (const char* sampling : {"444", "420"}) {
    const Intervals set = jpeg({1, 3, 1, 16, 16}, sampling, 10);
    const ProjectorPtr p = make_interval_projector(set, kTight);
    const Tensor v = near(set, 5);
    const Projection found = p->project(v);
    const double half = squared_distance(found.summary.x, v) / 2;
    BOOST_TEST(std::abs(half - found.half_squared_distance) < 1e-9 * half);
  }
}

// The exact projection of 4:4:4 and the iteration are two algorithms for one thing.
BOOST_AUTO_TEST_CASE(skewed_boxes_equal_dual_ascent) {
  for (const int quality : {10, 50, 95}) {
    const Intervals set = jpeg({1, 3, 2, 16, 24}, "444", quality);
    const Tensor v = near(set, 6, 0.1);
    const Tensor exact = jpeg_projector(set)->project(v).summary.x;
    const Projection iterated = dual_projector(set, kTight)->project(v);
    BOOST_TEST(iterated.summary.ok());
    BOOST_TEST(iterated.summary.iterations < 200);
    BOOST_TEST(dense::difference(exact, iterated.summary.x) < 1e-9);
  }
}

// The parts of a frame are the whole: the iteration on all of it gives the same.
BOOST_AUTO_TEST_CASE(frames_fall_apart) {
  for (const char* sampling : {"444", "420", "422"})
    for (const Shape& d : {Shape{1, 3, 2, 19, 21}, Shape{1, 3, 1, 16, 35}, Shape{2, 3, 1, 40, 16}, Shape{1, 3, 1, 5, 6}}) {
      const Intervals set = jpeg(d, sampling, 20);
      const Tensor v = near(set, 12, 0.1);
      const Projection apart = jpeg_frames_projector(set, kTight)->project(v), whole = dual_projector(set, kTight)->project(v);
      BOOST_TEST(apart.summary.ok(), apart.summary.message);
      BOOST_TEST(dense::difference(apart.summary.x, whole.summary.x) < 1e-8, sampling << " " << to_string(d));
      BOOST_TEST(std::abs(apart.half_squared_distance - whole.half_squared_distance) < 1e-8);
    }
}

// JPEG at quality 10: every interval is met to 1e-5 and the video encodes to the same file.
BOOST_AUTO_TEST_CASE(jpeg_quality_10) {
  for (const char* sampling : {"444", "420"})
    for (const Shape& d : {Shape{1, 3, 2, 32, 48}, Shape{1, 3, 1, 21, 35}})
      for (const Placement& p : {dense::kExact, Placement{}}) {
        const auto transform = std::make_shared<JpegTransform>(
            d, p, JpegLayout(d[3], d[4], JpegColor::ycc, jpeg_factors(sampling)));
        const JpegCodec codec(transform, standard_steps(*transform, 10));
        const Tensor levels = codec.encode(Rng(7).uniform(d, p));
        const Intervals set = codec.intervals(levels);
        const Tensor v = codec.decode(levels) + Rng(8).normal(d, p) * 0.2;
        BOOST_TEST(!at::equal(codec.encode(v), levels));
        const Projection found = make_interval_projector(set)->project(v);
        BOOST_TEST(found.summary.ok(), found.summary.message);
        BOOST_TEST(set.violation(found.summary.x) < 1e-5);
        BOOST_TEST(at::equal(codec.encode(found.summary.x), levels));
      }
}

// Defects that the laws above must see.
BOOST_AUTO_TEST_CASE(planted_defects_are_caught) {
  const Intervals set = jpeg({1, 3, 1, 8, 16}, "444", 10);
  const auto transform = std::dynamic_pointer_cast<const JpegTransform>(set.op);
  const Tensor v = near(set, 9);
  const Tensor c = transform->apply(v);
  // Clip each coefficient by itself and decode: feasible, but not nearest, as Y'CbCr is not orthonormal.
  const Tensor clipped = at::minimum(at::maximum(c, set.lower), set.upper) - c;
  const Tensor skewed = transform->decode_add(v, clipped);
  BOOST_TEST(set.violation(skewed) < 1e-12);
  const Tensor x = jpeg_projector(set)->project(v).summary.x;
  BOOST_TEST(inner_product(v - skewed, x - skewed) > 1e-3);  // the variational inequality fails
  // The adjoint in the place of the inverse: not feasible.
  BOOST_TEST(set.violation(transform->adjoint_add(v, 1, clipped)) > 1e-3);
  // Intervals of a mirror image are another set.
  BOOST_TEST(set.violation(x.flip({4}).contiguous()) > 1e-3);
}

BOOST_AUTO_TEST_CASE(a_careless_iteration_says_so_and_bounds_from_below) {
  const Intervals set = small_sets()[2];
  const Tensor v = near(set, 10);
  const double exact = make_interval_projector(set, kTight)->project(v).half_squared_distance;
  for (const int iterations : {1, 3}) {
    const Projection found =
        dual_projector(set, {.feasibility = 1e-12, .gap = 1e-12, .max_iterations = iterations})->project(v);
    BOOST_TEST(!found.summary.ok());
    BOOST_TEST(found.half_squared_distance <= exact);
  }
}

BOOST_AUTO_TEST_CASE(operands_are_left_alone) {
  for (const Intervals& set : small_sets()) {
    const Tensor v = near(set, 11), kept = v.clone(), lower = set.lower.clone();
    make_interval_projector(set)->project(v);
    BOOST_TEST(at::equal(v, kept));
    BOOST_TEST(at::equal(set.lower, lower));
  }
}

BOOST_AUTO_TEST_SUITE_END()
