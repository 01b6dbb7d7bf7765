#include "solvers/tv_kernels.hpp"

#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

#include <cmath>

#include "dense_tv.hpp"
#include "lvtino/core/parallel.hpp"

BOOST_AUTO_TEST_SUITE(tv_kernels)

using namespace lvtino;
using Kind = TotalVariation::Kind;
using Fields = std::array<Tensor, 3>;

namespace {

Fields fields_of(const TvDual& q) { return {q.h, q.v, q.t}; }

/// A random dual field, not in the ball, and not zero at the last samples either.
TvDual random_dual(const TotalVariation& tv, const Tensor& like, const Rng& rng) {
  TvDual q = TvDual::zeros(tv, like);
  int k = 0;
  for (Tensor* field : {&q.h, &q.v, &q.t})
    if (field->defined())
      field->copy_(rng.fork("dual", k++).normal(shape_of(like), placement_of(like)));
  return q;
}

/// Onto the unit ball a voxel, or onto [-1, 1] each number.
Fields projected(const TotalVariation& tv, Fields q) {
  Tensor scale;
  if (tv.weights().isotropic)
    scale = 1 / at::clamp_min((q[0].square() + q[1].square() + q[2].square()).sqrt(), 1);
  for (Tensor& field : q) field = tv.weights().isotropic ? field * scale : field.clamp(-1, 1);
  return q;
}

template <class T>
void dual_step(const TotalVariation& tv, const Tensor& x, const Tensor& previous, double theta,
               double step, const TvDual& q) {
  kernels::tv_dual_step<T>(tv_shape(x), tv.weights(), x.const_data_ptr<T>(),
                           previous.const_data_ptr<T>(), T(theta), T(step), tv_fields<T>(q));
}

template <class T>
double primal_step(const TotalVariation& tv, const Tensor& x, double a, const Tensor& u, double b,
                   double c, const TvDual& q, double gamma, Tensor& out) {
  return kernels::tv_primal_step<T>(
      tv_shape(u), tv.weights(), x.defined() ? x.const_data_ptr<T>() : nullptr, T(a),
      u.const_data_ptr<T>(), T(b), T(c), tv_fields<T>(q), gamma, out.mutable_data_ptr<T>());
}

/// K'q through the second pass.
template <class T>
Tensor adjoint_of(const TotalVariation& tv, const TvDual& q, const Tensor& like) {
  const Tensor zero = at::zeros_like(like);
  Tensor out = at::empty_like(like);
  primal_step<T>(tv, Tensor(), 0, zero, 0, -1, q, 1, out);
  return out;
}

struct Case {
  Shape shape;
  TotalVariation tv;
  Rng rng;
};

/// Widths around the kernels' sixteen lanes, heights beyond their blocks of rows.
Case draw_case() {
  const auto extent = [](int high) { return *rc::gen::inRange<std::int64_t>(1, high); };
  const auto weight = [] { return *rc::gen::element(0.0, 0.5, 1.0, 2.0); };
  const Shape shape = {extent(3), extent(3), extent(5), extent(53), extent(40)};
  const double h = weight(), v = weight(), t = weight();
  const Kind kind = *rc::gen::element(Kind::isotropic, Kind::anisotropic);
  return {shape, TotalVariation(h, v, t, kind), Rng(std::uint64_t(*rc::gen::inRange(0, 1000)))};
}

template <class T>
constexpr double kBound = std::is_same_v<T, float> ? 2e-5 : 1e-12;

template <class T>
void dual_step_against_torch() {
  const Case c = draw_case();
  const Placement placement = {c10::CppTypeToScalarType<T>::value, at::kCPU};
  const Tensor x = c.rng.fork("x").normal(c.shape, placement);
  const Tensor previous = c.rng.fork("p").normal(c.shape, placement);
  const TvDual q = random_dual(c.tv, x, c.rng);
  Fields expected = dense::differences(c.tv, (x * 1.75 - previous * 0.75).to(at::kDouble));
  const Fields start = fields_of(q);
  for (std::size_t k = 0; k < 3; ++k)
    expected[k] = expected[k] * 0.3 +
                  (start[k].defined() ? start[k].to(at::kDouble) : at::zeros(c.shape, at::kDouble));
  expected = projected(c.tv, expected);
  dual_step<T>(c.tv, x, previous, 0.75, 0.3, q);
  const Fields found = fields_of(q);
  for (std::size_t k = 0; k < 3; ++k)
    if (found[k].defined()) RC_ASSERT(dense::difference(found[k], expected[k]) < kBound<T>);
}

template <class T>
void primal_step_against_torch() {
  const Case c = draw_case();
  const Placement placement = {c10::CppTypeToScalarType<T>::value, at::kCPU};
  const Tensor x = c.rng.fork("x").normal(c.shape, placement);
  const Tensor u = c.rng.fork("u").normal(c.shape, placement);
  const TvDual q = random_dual(c.tv, x, c.rng);
  const Tensor d = dense::differences_adjoint(c.tv, fields_of(q), x).to(at::kDouble);
  const Tensor wide = u.to(at::kDouble);
  const Tensor expected = x.to(at::kDouble) * 0.4 + wide * 0.6 - d * 0.25;
  const double linear = ((d * wide) - d.square() * 0.15).sum().template item<double>();
  const double size = ((d * wide).abs() + d.square()).sum().template item<double>();
  Tensor out = at::empty_like(x), over = x.clone();
  const double value = primal_step<T>(c.tv, x, 0.4, u, 0.6, 0.25, q, 0.3, out);
  RC_ASSERT(dense::difference(out, expected) < kBound<T>);
  RC_ASSERT(std::abs(value - linear) <= kBound<T> * (1 + size));
  RC_ASSERT(primal_step<T>(c.tv, over, 0.4, u, 0.6, 0.25, q, 0.3, over) == value);
  RC_ASSERT(at::equal(over, out));
}

template <class T>
void both_steps(const TotalVariation& tv, Tensor& x, Tensor& state, double theta, double step, double rho,
                const Tensor& u, const TvDual& q) {
  kernels::tv_primal_dual_step<T>(tv_shape(x), tv.weights(), x.mutable_data_ptr<T>(),
                                  state.mutable_data_ptr<T>(), T(theta), T(step), T(rho),
                                  u.const_data_ptr<T>(), T(0.4), T(0.6), T(0.25), tv_fields<T>(q));
}

// The sweep is made of the passes: field and state are relaxed with what the first pass makes of them, and the
// second goes on from there.
template <class T>
void one_sweep_equals_two_passes() {
  const Case c = draw_case();
  const Placement placement = {c10::CppTypeToScalarType<T>::value, at::kCPU};
  const Tensor x = c.rng.fork("x").normal(c.shape, placement), u = c.rng.fork("u").normal(c.shape, placement);
  const Tensor state = c.rng.fork("s").normal(c.shape, placement);
  for (const double rho : {1.0, 1.8}) {
    const TvDual swept = random_dual(c.tv, x, c.rng), before = swept.clone(), passed = swept.clone();
    Tensor swept_x = x.clone(), swept_state = state.clone();
    both_steps<T>(c.tv, swept_x, swept_state, 0.75, 0.3, rho, u, swept);
    dual_step<T>(c.tv, x, state, 0.75, 0.3, passed);
    const Fields old = fields_of(before), now = fields_of(passed), found = fields_of(swept);
    if (rho != 1)
      for (std::size_t k = 0; k < 3; ++k)
        if (now[k].defined()) now[k].mul_(rho).add_(old[k], 1 - rho);
    const Tensor relaxed = rho == 1 ? x : x * rho + state * (1 - rho);
    Tensor out = at::empty_like(x);
    primal_step<T>(c.tv, relaxed, 0.4, u, 0.6, 0.25, passed, 1, out);
    for (std::size_t k = 0; k < 3; ++k)
      if (now[k].defined()) RC_ASSERT(dense::difference(found[k], now[k]) < kBound<T>);
    RC_ASSERT(dense::difference(swept_state, relaxed) < kBound<T>);
    RC_ASSERT(dense::difference(swept_x, out) < kBound<T>);
  }
}

/// The first step is the sweep from x = state = u and q = 0, whatever lies in the arrays.
template <class T>
void first_step_is_a_sweep_from_u() {
  const Case c = draw_case();
  const Placement placement = {c10::CppTypeToScalarType<T>::value, at::kCPU};
  const Tensor u = c.rng.fork("u").normal(c.shape, placement);
  const TvDual swept = TvDual::zeros(c.tv, u), found = random_dual(c.tv, u, c.rng);
  Tensor x = u.clone(), state = u.clone();
  both_steps<T>(c.tv, x, state, 1, 0.3, 1.8, u, swept);
  Tensor first_x = at::full_like(u, std::nan("")), first_state = first_x.clone();
  kernels::tv_first_step<T>(tv_shape(u), c.tv.weights(), u.const_data_ptr<T>(), T(0.3), T(1.8), T(0.4), T(0.6),
                            T(0.25), tv_fields<T>(found), first_x.mutable_data_ptr<T>(),
                            first_state.mutable_data_ptr<T>());
  const Fields a = fields_of(swept), b = fields_of(found);
  for (std::size_t k = 0; k < 3; ++k)
    if (a[k].defined()) RC_ASSERT(dense::difference(a[k], b[k]) < kBound<T>);
  RC_ASSERT(dense::difference(first_x, x) < kBound<T>);
  RC_ASSERT(dense::difference(first_state, state) < kBound<T>);
}

}  // namespace

RC_BOOST_PROP(first_step_in_float64, ()) { first_step_is_a_sweep_from_u<double>(); }
RC_BOOST_PROP(first_step_in_float32, ()) { first_step_is_a_sweep_from_u<float>(); }
RC_BOOST_PROP(one_sweep_in_float64, ()) { one_sweep_equals_two_passes<double>(); }
RC_BOOST_PROP(one_sweep_in_float32, ()) { one_sweep_equals_two_passes<float>(); }
RC_BOOST_PROP(dual_step_in_float64, ()) { dual_step_against_torch<double>(); }
RC_BOOST_PROP(dual_step_in_float32, ()) { dual_step_against_torch<float>(); }
RC_BOOST_PROP(primal_step_in_float64, ()) { primal_step_against_torch<double>(); }
RC_BOOST_PROP(primal_step_in_float32, ()) { primal_step_against_torch<float>(); }

// <K x, q> = <x, K'q>, K read off the first pass with a step too short for the ball to matter.
RC_BOOST_PROP(passes_are_adjoint, ()) {
  const Case c = draw_case();
  const Tensor x = c.rng.fork("x").normal(c.shape, dense::kExact);
  const TvDual q = random_dual(c.tv, x, c.rng), image = TvDual::zeros(c.tv, x);
  const double step = 1e-3;
  dual_step<double>(c.tv, x, x, 0, step, image);
  double left = 0, size = 0;
  const Fields a = fields_of(image), b = fields_of(q);
  for (std::size_t k = 0; k < 3; ++k) {
    if (!a[k].defined()) continue;
    left += inner_product(a[k], b[k]) / step;
    size += l2_norm(a[k]) / step * l2_norm(b[k]);
  }
  const Tensor back = adjoint_of<double>(c.tv, q, x);
  RC_ASSERT(std::abs(left - inner_product(x, back)) <= 1e-12 * (size + l2_norm(x) * l2_norm(back)));
}

RC_BOOST_PROP(values, ()) {
  const Case c = draw_case();
  const Tensor x = c.rng.fork("x").normal(c.shape, dense::kExact);
  const Tensor u = c.rng.fork("u").normal(c.shape, dense::kExact);
  const kernels::TvValue found = kernels::tv_value<double>(
      tv_shape(x), c.tv.weights(), x.const_data_ptr<double>(), u.const_data_ptr<double>());
  RC_ASSERT(std::abs(found.variation - dense::variation(c.tv, x)) <= 1e-12 * (1 + found.variation));
  RC_ASSERT(std::abs(found.squared_distance - squared_distance(x, u)) <=
            1e-12 * (1 + found.squared_distance));
}

// The projection leaves the ball alone and lands on its surface from outside.
BOOST_AUTO_TEST_CASE(projection_by_hand) {
  const Tensor x = at::zeros({1, 1, 1, 1, 2}, at::kDouble);
  for (const Kind kind : {Kind::isotropic, Kind::anisotropic}) {
    const TotalVariation tv(1, 1, 1, kind);
    TvDual q = TvDual::zeros(tv, x);
    q.h.copy_(at::tensor({3.0, 0.6}, at::kDouble).view_as(x));
    q.v.copy_(at::tensor({-4.0, 0.0}, at::kDouble).view_as(x));
    q.t.copy_(at::tensor({0.0, 0.8}, at::kDouble).view_as(x));
    dual_step<double>(tv, x, x, 1, 1, q);
    const bool round = kind == Kind::isotropic;
    BOOST_TEST(dense::difference(q.h.view(-1), at::tensor({round ? 0.6 : 1.0, 0.6}, at::kDouble)) <
               1e-15);
    BOOST_TEST(dense::difference(q.v.view(-1),
                                 at::tensor({round ? -0.8 : -1.0, 0.0}, at::kDouble)) < 1e-15);
    BOOST_TEST(dense::difference(q.t.view(-1), at::tensor({0.0, 0.8}, at::kDouble)) < 1e-15);
  }
}

BOOST_AUTO_TEST_CASE(threads_do_not_matter) {
  const Shape shape = {1, 2, 5, 61, 83};
  const TotalVariation tv(1, 0.7, 2);
  const Tensor x = Rng(1).normal(shape, {}), u = Rng(2).normal(shape, {});
  const int before = thread_count();
  struct Results {
    Tensor h, out, swept;
    double linear, variation, squared;
  };
  const auto all = [&](int threads) {
    set_thread_count(threads);
    const TvDual q = random_dual(tv, x, Rng(3));
    dual_step<float>(tv, x, u, 1, 0.1, q);
    Tensor out = at::empty_like(x);
    const double linear = primal_step<float>(tv, x, 0.5, u, 0.5, 0.1, q, 0.2, out);
    const auto value = kernels::tv_value<float>(
        tv_shape(x), tv.weights(), x.const_data_ptr<float>(), u.const_data_ptr<float>());
    Tensor swept = x.clone(), state = u.clone();
    both_steps<float>(tv, swept, state, 1, 0.1, 1.8, u, q);
    return Results{q.h, out, swept, linear, value.variation, value.squared_distance};
  };
  const Results one = all(1), two = all(2);
  set_thread_count(before);
  BOOST_TEST(at::equal(one.h, two.h));
  BOOST_TEST(at::equal(one.out, two.out));
  BOOST_TEST(at::equal(one.swept, two.swept));
  BOOST_TEST(one.linear == two.linear);
  BOOST_TEST(one.variation == two.variation);
  BOOST_TEST(one.squared == two.squared);
}

BOOST_AUTO_TEST_SUITE_END()
