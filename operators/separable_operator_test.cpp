#include "operators/separable_operator.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

#include "dense.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "operators/axis_maps.hpp"
#include "operators/banded_gram.hpp"

BOOST_AUTO_TEST_SUITE(separable_operator)

using namespace lvtino;
using dense::Matrix;

namespace {

SeparableOperator make(const Shape& domain, AxisMap t, AxisMap h, AxisMap w,
                       const Placement& placement = dense::kExact) {
  return SeparableOperator("separable", domain, placement, std::move(t), std::move(h),
                           std::move(w));
}

/// Small versions of Problems A and B, other tails and borders, maps that enlarge, one axis alone.
template <class Check>
void each_small_operator(const Check& check) {
  const auto bicubic = [](std::int64_t n, std::int64_t f, Boundary b) {
    return decimate(n, f, Filter::bicubic, b);
  };
  check(make({1, 1, 3, 4, 6}, average(3, 2, Tail::replicate), bicubic(4, 2, Boundary::reflect),
             bicubic(6, 2, Boundary::reflect)));
  check(make({1, 1, 5, 2, 4}, blur(5, uniform_taps(3), Boundary::circular),
             bicubic(2, 2, Boundary::replicate), bicubic(4, 2, Boundary::circular)));
  check(make({1, 2, 4, 2, 3}, average(4, 3, Tail::drop), AxisMap::identity(2),
             blur(3, {0.2, 0.5, 0.3}, Boundary::zero)));
  check(make({2, 1, 2, 2, 3}, average(5, 3, Tail::replicate).transposed(), AxisMap::identity(2),
             bicubic(9, 3, Boundary::reflect).transposed()));
  check(make({1, 1, 2, 4, 4}, AxisMap::identity(2), blur(4, {0.5, 0.5}, Boundary::replicate),
             AxisMap::identity(4)));
  check(make({1, 2, 2, 2, 4}, AxisMap::identity(2), AxisMap::identity(2), AxisMap::identity(4)));
  const auto mixing = [](const Shape& domain, AxisMap c, AxisMap t, AxisMap h, AxisMap w) {
    return SeparableOperator("separable", domain, dense::kExact,
                             {std::move(c), std::move(t), std::move(h), std::move(w)});
  };
  const AxisMap grey(3, {{{0, 0.3}, {1, 0.6}, {2, 0.1}}});
  const AxisMap two(3, {{{0, 0.5}, {1, 0.5}}, {{1, -0.25}, {2, 1.25}}});
  check(mixing({1, 3, 3, 2, 2}, grey, AxisMap::identity(3), AxisMap::identity(2), AxisMap::identity(2)));
  check(mixing({2, 3, 4, 4, 2}, grey, average(4, 2, Tail::drop), bicubic(4, 2, Boundary::reflect),
               AxisMap::identity(2)));
  check(mixing({1, 3, 3, 2, 3}, two, blur(3, {0.25, 0.5, 0.25}, Boundary::replicate), AxisMap::identity(2),
               pick(3, 1, 1, 2)));
  check(mixing({1, 2, 2, 2, 3}, two.transposed(), AxisMap::identity(2), blur(2, {0.5, 0.5}, Boundary::reflect),
               AxisMap::identity(3)));
  check(mixing({2, 1, 2, 2, 3}, AxisMap(1, {{{0, -2.0}}}), AxisMap::identity(2), AxisMap::identity(2),
               AxisMap::identity(3)));
}

Matrix kronecker_of(const SeparableOperator& a) {
  const Matrix slices = dense::kronecker(Matrix::Identity(a.domain()[0], a.domain()[0]),
                                         dense::matrix_of(a.channel().matrix()));
  const Matrix planes =
      dense::kronecker(dense::matrix_of(a.height().matrix()), dense::matrix_of(a.width().matrix()));
  return dense::kronecker(slices, dense::kronecker(dense::matrix_of(a.time().matrix()), planes));
}

double largest(const Matrix& m) { return m.cwiseAbs().maxCoeff(); }

}  // namespace

BOOST_AUTO_TEST_CASE(equals_the_kronecker_product) {
  each_small_operator([](const SeparableOperator& a) {
    const Matrix m = kronecker_of(a);
    BOOST_TEST(largest(dense::matrix_of(a) - m) < 1e-14);
    const Tensor y = Rng(1).normal(a.range(), dense::kExact),
                 v = Rng(2).normal(a.domain(), dense::kExact);
    const dense::Vector expected = m.transpose() * dense::vector_of(y);
    BOOST_TEST(largest(dense::vector_of(a.adjoint(y)) - expected) < 1e-14);
    BOOST_TEST(largest(dense::vector_of(a.adjoint_add(v, -2, y)) -
                       (dense::vector_of(v) - 2 * expected)) < 1e-13);
  });
}

BOOST_AUTO_TEST_CASE(factors_equal_the_singular_values) {
  each_small_operator([](const SeparableOperator& a) {
    const Matrix m = kronecker_of(a);
    const Eigen::JacobiSVD<Matrix> svd(m);
    const auto factors = a.gram_factors();
    BOOST_TEST_REQUIRE(factors != nullptr);
    const double norm = svd.singularValues()[0];
    BOOST_TEST(std::abs(operator_norm(a) - norm) < 1e-13);
    BOOST_TEST(std::abs(factors->smallest() -
                        std::pow(svd.singularValues()[svd.singularValues().size() - 1], 2)) <
               1e-14);
    const bool range = factors->side() == GramFactors::Side::range;
    BOOST_TEST(range == (m.rows() <= m.cols()));
    const Matrix gram = range ? Matrix(m * m.transpose()) : Matrix(m.transpose() * m);
    const Tensor r = Rng(3).normal(range ? a.range() : a.domain(), dense::kExact);
    const dense::Vector direct =
        (0.3 * Matrix::Identity(gram.rows(), gram.cols()) + gram).llt().solve(dense::vector_of(r));
    const Tensor found = factors->spectral([](double d) { return 1 / (0.3 + d); }, r);
    BOOST_TEST(largest(dense::vector_of(found) - direct) < 1e-12);
    BOOST_TEST(largest(dense::vector_of(factors->shifted_inverse(0.3, 1, r)) - direct) < 1e-12);
  });
}

BOOST_AUTO_TEST_CASE(spectral_functions_have_the_same_bits_for_any_number_of_threads) {
  const AxisMap mixed(3, {{{0, 0.5}, {1, 0.5}}, {{1, -0.25}, {2, 1.25}}});
  for (const AxisMap& channels : {AxisMap::identity(3), mixed}) {
    const SeparableOperator a("separable", {2, 3, 8, 48, 50}, dense::kExact,
                              {channels, average(8, 2, Tail::replicate),
                               blur(48, uniform_taps(3), Boundary::reflect),
                               decimate(50, 2, Filter::bicubic, Boundary::reflect)});
    const auto factors = a.gram_factors();
    const bool range = factors->side() == GramFactors::Side::range;
    const Tensor r = Rng(6).normal(range ? a.range() : a.domain(), dense::kExact);
    const auto found = [&] { return factors->spectral([](double d) { return 1 / (0.1 + d); }, r); };
    const int before = thread_count();
    set_thread_count(1);
    const Tensor one = found();
    set_thread_count(3);
    BOOST_TEST(at::equal(one, found()));
    set_thread_count(before);
  }
}

// Bands along the width, along the height, of the range and of the domain, and beside axes that are only turned.
BOOST_AUTO_TEST_CASE(shifted_inverses_by_bands) {
  const AxisMap three = blur(9, {0.2, 0.5, 0.3}, Boundary::zero), pairs = average(14, 2, Tail::replicate);
  const AxisMap cubic = decimate(36, 3, Filter::bicubic, Boundary::reflect);
  const AxisMap mixed(3, {{{0, 0.5}, {1, 0.5}}, {{1, -0.25}, {2, 1.25}}});
  int bands = 0;
  for (const auto& [shape, c, t, h, w] : std::vector<std::tuple<Shape, AxisMap, AxisMap, AxisMap, AxisMap>>{
           {{2, 1, 5, 9, 36}, AxisMap::identity(1), average(5, 2, Tail::replicate), three, cubic},
           {{1, 3, 2, 36, 9}, mixed, AxisMap::identity(2), cubic, three},
           {{1, 1, 4, 9, 14}, AxisMap::identity(1), blur(4, uniform_taps(3), Boundary::circular), three, pairs},
           {{1, 2, 2, 9, 7}, AxisMap::identity(2), AxisMap::identity(2), three, pairs.transposed()},
           {{1, 2, 1, 9, 9}, AxisMap::identity(2), AxisMap::identity(1), AxisMap::identity(9), three},
           {{1, 1, 2, 12, 9}, AxisMap::identity(1), AxisMap::identity(2),
            blur(12, uniform_taps(3), Boundary::circular), three}}) {
    const SeparableOperator a("separable", shape, dense::kExact, {c, t, h, w});
    const auto factors = a.gram_factors();
    const bool range = factors->side() == GramFactors::Side::range;
    const Tensor r = Rng(5).normal(range ? a.range() : a.domain(), dense::kExact), before = r.clone();
    for (const double shift : {1e-6, 0.4}) {
      const Tensor turned = factors->spectral([&](double d) { return 1 / (shift + 0.7 * d); }, r);
      const Tensor solved = factors->shifted_inverse(shift, 0.7, r);
      BOOST_TEST(std::sqrt(squared_distance(turned, solved)) <= 1e-10 * l2_norm(turned));
      bands += !at::equal(turned, solved);
    }
    BOOST_TEST(at::equal(r, before));
  }
  BOOST_TEST(bands >= 8);  // other arithmetic was at work in most
  BOOST_TEST(!banded_gram(blur(12, uniform_taps(3), Boundary::circular), true).has_value());
}

BOOST_AUTO_TEST_CASE(pseudo_inverse_equals_the_dense_one) {
  each_small_operator([](const SeparableOperator& a) {
    Eigen::CompleteOrthogonalDecomposition<Matrix> dense_inverse;
    dense_inverse.setThreshold(1e-10);
    dense_inverse.compute(kronecker_of(a));
    const Tensor y = Rng(4).normal(a.range(), dense::kExact);
    const dense::Vector expected = dense_inverse.pseudoInverse() * dense::vector_of(y);
    BOOST_TEST(largest(dense::vector_of(pseudo_inverse(a, y)) - expected) <
               1e-10 * largest(expected));
  });
}

// A periodic average of two samples kills the alternating signal: rank 3 of 4.
BOOST_AUTO_TEST_CASE(pseudo_inverse_of_a_singular_operator) {
  const SeparableOperator a = make({1, 1, 1, 1, 4}, AxisMap::identity(1), AxisMap::identity(1),
                                   blur(4, {0.5, 0.5}, Boundary::circular));
  BOOST_TEST(a.gram_factors()->smallest() < 1e-30);
  const Tensor x = at::tensor({1.0, 2.0, 4.0, 8.0}, at::kDouble).view(a.domain());
  const Tensor alternating = at::tensor({1.0, -1.0, 1.0, -1.0}, at::kDouble).view(a.domain());
  const double along = inner_product(x, alternating) / 4;
  BOOST_TEST(dense::difference(pseudo_inverse(a, a.apply(x)), x - alternating * along) < 1e-13);
  BOOST_TEST(l2_norm(pseudo_inverse(a, alternating)) < 1e-12);
}

BOOST_AUTO_TEST_CASE(cutoff_drops_small_singular_values) {
  const SeparableOperator a = make({1, 1, 1, 1, 2}, AxisMap::identity(1), AxisMap::identity(1),
                                   AxisMap(2, {{{0, 2.0}}, {{1, 2e-4}}}));
  const Tensor y = at::ones({1, 1, 1, 1, 2}, at::kDouble);
  const auto inverse = [&](double cutoff) {
    return dense::vector_of(pseudo_inverse(a, y, cutoff));
  };
  BOOST_TEST(std::abs(inverse(0.99e-4)[1] - 5000) < 1e-8);
  BOOST_TEST(inverse(1.01e-4)[1] == 0.0);
  BOOST_TEST(std::abs(inverse(1.01e-4)[0] - 0.5) < 1e-15);
}

// Axes of one sample need no rotation, but the operand must be left alone all the same.
BOOST_AUTO_TEST_CASE(operands_are_left_alone) {
  for (const Shape& domain : {Shape{1, 1, 1, 1, 1}, Shape{2, 3, 1, 1, 1}, Shape{1, 1, 3, 4, 4}}) {
    const SeparableOperator a = make(domain, blur(domain[2], {0.5}, Boundary::zero),
                                     AxisMap::identity(domain[3]), AxisMap::identity(domain[4]));
    const Tensor r = Rng(8).normal(domain, dense::kExact), kept = r.clone();
    const Tensor scaled = a.gram_factors()->spectral([](double d) { return 2 * d; }, r);
    BOOST_TEST(at::equal(r, kept), to_string(domain));
    BOOST_TEST(dense::difference(scaled, kept * 0.5) < 1e-15);
    pseudo_inverse(a, r);
    BOOST_TEST(at::equal(r, kept), to_string(domain));
  }
}

// Problem A at a size that crosses the kernels' blocks: the same bits for one and two threads.
BOOST_AUTO_TEST_CASE(threads_do_not_matter) {
  const Shape domain = {1, 2, 9, 50, 70};
  const SeparableOperator a = make(domain, average(9, 4, Tail::replicate),
                                   decimate(50, 4, Filter::bicubic, Boundary::reflect),
                                   decimate(70, 4, Filter::bicubic, Boundary::reflect), {});
  const Tensor x = Rng(5).normal(domain, {}), y = Rng(6).normal(a.range(), {});
  const int before = thread_count();
  const auto all = [&](int threads) {
    set_thread_count(threads);
    return std::vector<Tensor>{a.apply(x), a.adjoint(y), a.adjoint_add(x, 0.5, y),
                               pseudo_inverse(a, y)};
  };
  const auto one = all(1), two = all(2);
  set_thread_count(before);
  for (std::size_t i = 0; i < one.size(); ++i) BOOST_TEST(at::equal(one[i], two[i]));
}

BOOST_AUTO_TEST_CASE(composition_multiplies_the_maps) {
  const Shape domain = {1, 1, 4, 6, 5};
  const SeparableOperator first = make(domain, blur(4, uniform_taps(3), Boundary::reflect),
                                       AxisMap::identity(6), AxisMap::identity(5));
  const SeparableOperator second =
      make(domain, average(4, 2, Tail::drop), decimate(6, 2, Filter::lanczos, Boundary::replicate),
           AxisMap::identity(5));
  const auto both = compose_separable(second, first);
  const Tensor x = Rng(7).normal(domain, dense::kExact);
  BOOST_TEST(dense::difference(both->apply(x), second.apply(first.apply(x))) < 1e-14);
  BOOST_TEST(both->width().is_identity());
  BOOST_CHECK_THROW(compose_separable(first, second), ShapeError);
}

// Grey after decimation after averaging is one operator, in any order of the three.
BOOST_AUTO_TEST_CASE(colour_composes_with_the_axes) {
  const Shape domain = {1, 3, 4, 4, 6};
  const auto kept = [](std::int64_t n) { return AxisMap::identity(n); };
  const AxisMap weights(3, {{{0, 0.3}, {1, 0.6}, {2, 0.1}}});
  const SeparableOperator slow = make(domain, average(4, 2, Tail::drop), kept(4), kept(6));
  const SeparableOperator coarse = make({1, 3, 2, 4, 6}, kept(2), decimate(4, 2, Filter::area, Boundary::reflect),
                                        decimate(6, 2, Filter::area, Boundary::reflect));
  const SeparableOperator grey("grey", {1, 3, 2, 2, 3}, dense::kExact, {weights, kept(2), kept(2), kept(3)});
  const SeparableOperator early("grey", domain, dense::kExact, {weights, kept(4), kept(4), kept(6)});
  const SeparableOperator slow_grey("slow", {1, 1, 4, 4, 6}, dense::kExact, average(4, 2, Tail::drop), kept(4), kept(6));
  const auto late = compose_separable(grey, *compose_separable(coarse, slow));
  const Tensor x = Rng(9).normal(domain, dense::kExact);
  BOOST_TEST((late->range() == Shape{1, 1, 2, 2, 3}));
  BOOST_TEST(dense::difference(late->apply(x), grey.apply(coarse.apply(slow.apply(x)))) < 1e-14);
  BOOST_TEST(dense::difference(compose_separable(slow_grey, early)->apply(x), slow_grey.apply(early.apply(x))) < 1e-14);
  // |grey| = |weights|: 0.46 is the sum of their squares.
  BOOST_TEST(std::abs(operator_norm(early) - std::sqrt(0.46)) < 1e-14);
}

BOOST_AUTO_TEST_CASE(refusals) {
  BOOST_CHECK_THROW(SeparableOperator("grey", {1, 2, 1, 1, 1}, dense::kExact,
                                      {AxisMap(3, {{{0, 1.0}}}), AxisMap::identity(1), AxisMap::identity(1),
                                       AxisMap::identity(1)}),
                    ShapeError);
  const AxisMap one = AxisMap::identity(1), two = AxisMap::identity(2);
  BOOST_CHECK_THROW(make({1, 1, 2, 2, 1}, two, two, two), ShapeError);
  BOOST_CHECK_THROW(make({1, 2, 2, 2}, two, two, two), ShapeError);
  BOOST_CHECK_THROW(make({0, 1, 2, 2, 2}, two, two, two), ShapeError);
  BOOST_CHECK_THROW(make({1, 1, 2, 2, 2}, two, two, two, {at::kHalf, at::kCPU}), PlacementError);
  BOOST_CHECK_THROW(make({1, 1, 2, 2, 2}, two, two, two, {at::kFloat, at::kMeta}), NotBuiltError);
  const SeparableOperator a = make({1, 1, 2, 2, 1}, two, two, one);
  BOOST_CHECK_THROW(a.apply(at::zeros({1, 1, 2, 1, 2}, at::kDouble)), ShapeError);
  BOOST_CHECK_THROW(a.apply(at::zeros({1, 1, 2, 2, 1}, at::kFloat)), PlacementError);
  BOOST_CHECK_THROW(a.adjoint(at::zeros({1, 1, 2, 2}, at::kDouble)), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
