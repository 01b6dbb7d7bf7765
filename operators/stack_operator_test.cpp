#include "operators/stack_operator.hpp"

#include <boost/test/unit_test.hpp>

#include "dense.hpp"
#include "lvtino/core/error.hpp"
#include "operators/axis_maps.hpp"
#include "operators/circular_convolution.hpp"
#include "operators/composed_operator.hpp"
#include "operators/mask_operator.hpp"
#include "operators/mosaic_operator.hpp"
#include "operators/psf_operator.hpp"
#include "operators/separable_operator.hpp"

BOOST_AUTO_TEST_SUITE(stack_operator)

using namespace lvtino;
using dense::Matrix;

namespace {

const Shape kDomain = {1, 3, 4, 2, 2};

AxisMap same(std::int64_t n) { return AxisMap::identity(n); }

OperatorPtr separable(AxisMap c, AxisMap t, AxisMap h, AxisMap w, const Shape& domain = kDomain) {
  return std::make_shared<SeparableOperator>(
      "part", domain, dense::kExact,
      SeparableMaps{std::move(c), std::move(t), std::move(h), std::move(w)});
}

AxisMap halved(std::int64_t n) { return decimate(n, 2, Filter::bicubic, Boundary::reflect); }

OperatorPtr slow_and_sharp() { return separable(same(3), average(4, 2, Tail::drop), same(2), same(2)); }
OperatorPtr fast_and_coarse() { return separable(same(3), same(4), halved(2), halved(2)); }
OperatorPtr mask(std::uint64_t seed) {
  return std::make_shared<MaskOperator>(kDomain, dense::kExact,
                                        random_mask(kDomain, dense::kExact, 0.5, true, Rng(seed)));
}
OperatorPtr convolution(std::uint64_t seed) {
  return std::make_shared<CircularConvolution>(kDomain, dense::kExact, Rng(seed).normal({2, 2, 1}, dense::kExact));
}

/// The dense matrices of the parts, one below the other (one sample: the flat order is that of the parts).
Matrix below_one_another(const StackOperator& a) {
  Matrix out(element_count(a.range()), element_count(a.domain()));
  Eigen::Index row = 0;
  for (const OperatorPtr& part : a.parts()) {
    const Matrix m = dense::matrix_of(*part);
    out.middleRows(row, m.rows()) = m;
    row += m.rows();
  }
  return out;
}

void require_exact_factors(const StackOperator& a) {
  const Matrix m = below_one_another(a), gram = m.transpose() * m;
  const auto factors = a.gram_factors();
  BOOST_TEST_REQUIRE(factors != nullptr);
  BOOST_TEST((factors->side() == GramFactors::Side::domain));
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(gram);
  BOOST_TEST(std::abs(factors->largest() - solver.eigenvalues().maxCoeff()) < 1e-12);
  BOOST_TEST(std::abs(factors->smallest() - std::max(0.0, solver.eigenvalues().minCoeff())) < 1e-12);
  const Tensor r = Rng(3).normal(a.domain(), dense::kExact);
  const dense::Vector direct =
      (0.3 * Matrix::Identity(gram.rows(), gram.cols()) + gram).llt().solve(dense::vector_of(r));
  const Tensor found = factors->spectral([](double d) { return 1 / (0.3 + d); }, r);
  BOOST_TEST((dense::vector_of(found) - direct).cwiseAbs().maxCoeff() < 1e-12);
}

}  // namespace

BOOST_AUTO_TEST_CASE(equals_the_parts_below_one_another) {
  const StackOperator a({slow_and_sharp(), mask(1), convolution(2)});
  BOOST_TEST((a.range() == Shape{1, 1, 1, 1, 24 + 48 + 48}));
  const Matrix m = below_one_another(a);
  BOOST_TEST((dense::matrix_of(a) - m).norm() == 0.0);
  const Tensor y = Rng(1).normal(a.range(), dense::kExact), v = Rng(2).normal(kDomain, dense::kExact);
  const dense::Vector adjoint = m.transpose() * dense::vector_of(y);
  BOOST_TEST((dense::vector_of(a.adjoint(y)) - adjoint).cwiseAbs().maxCoeff() < 1e-14);
  BOOST_TEST((dense::vector_of(a.adjoint_add(v, -2, y)) - (dense::vector_of(v) - 2 * adjoint)).cwiseAbs().maxCoeff() < 1e-13);
}

// Two samples: each keeps its own values together, and split gives the parts back.
BOOST_AUTO_TEST_CASE(split_undoes_the_concatenation) {
  const Shape domain = {2, 3, 4, 2, 2};
  const auto first = separable(same(3), average(4, 2, Tail::drop), same(2), same(2), domain);
  const auto second = separable(same(3), same(4), halved(2), halved(2), domain);
  const StackOperator a({first, second});
  BOOST_TEST((a.range() == Shape{2, 1, 1, 1, 36}));
  const Tensor x = Rng(4).normal(domain, dense::kExact), y = a.apply(x);
  const auto parts = a.split(y);
  BOOST_TEST_REQUIRE(parts.size() == 2u);
  BOOST_TEST(at::equal(parts[0], first->apply(x)));
  BOOST_TEST(at::equal(parts[1], second->apply(x)));
  BOOST_TEST(at::equal(y[1].view(-1).narrow(0, 0, 24), first->apply(x)[1].view(-1)));
  BOOST_CHECK_THROW(a.split(x), ShapeError);
}

// Full rate at low resolution beside low rate at full resolution: one basis for both, axis by axis.
BOOST_AUTO_TEST_CASE(space_time_cuts_have_exact_factors) {
  require_exact_factors(StackOperator({slow_and_sharp(), fast_and_coarse()}));
  const auto grey = separable(AxisMap(3, {{{0, 0.3}, {1, 0.6}, {2, 0.1}}}), same(4), same(2), same(2));
  require_exact_factors(StackOperator({slow_and_sharp(), fast_and_coarse(), grey}));
  // Two maps of one axis that are no identities but commute: periodic blurs.
  const auto blurred = [](std::vector<double> taps) {
    return separable(same(3), blur(4, taps, Boundary::circular), same(2), same(2));
  };
  require_exact_factors(StackOperator({blurred({0.2, 0.5, 0.3}), blurred({0.5, 0.5}), fast_and_coarse()}));
}

BOOST_AUTO_TEST_CASE(selections_and_convolutions_have_exact_factors) {
  const auto mosaic = std::make_shared<MosaicOperator>(kDomain, dense::kExact, "GBRG");
  const auto crop = separable(same(3), pick(4, 1, 2, 2), pick(2, 1, 1, 1), same(2));
  require_exact_factors(StackOperator({mask(1), mask(2), mask(3)}));
  require_exact_factors(StackOperator({mask(1), mosaic, crop}));
  require_exact_factors(StackOperator({convolution(1), convolution(2)}));
  require_exact_factors(StackOperator({slow_and_sharp()}));
}

// Better none than wrong ones.
BOOST_AUTO_TEST_CASE(stacks_without_a_common_basis_have_none) {
  const auto dropped = separable(same(3), pick(4, 0, 3, 2), same(2), same(2));
  BOOST_TEST(StackOperator({slow_and_sharp(), dropped}).gram_factors() == nullptr);
  BOOST_TEST(StackOperator({slow_and_sharp(), mask(1)}).gram_factors() == nullptr);
  BOOST_TEST(StackOperator({mask(1), convolution(1)}).gram_factors() == nullptr);
}

// The pseudo-inverse of a full-rank stack of singular parts recovers the video.
BOOST_AUTO_TEST_CASE(parts_complete_one_another) {
  const auto odd = separable(same(3), pick(4, 1, 2, 2), same(2), same(2));
  const auto even = separable(same(3), pick(4, 0, 2, 2), same(2), same(2));
  const StackOperator a({odd, even});
  const Tensor x = Rng(5).normal(kDomain, dense::kExact);
  BOOST_TEST(dense::difference(pseudo_inverse(a, a.apply(x)), x) < 1e-14);
}

BOOST_AUTO_TEST_CASE(a_stack_after_other_stages_is_the_stack_of_its_parts_after_them) {
  const auto first = separable(same(3), same(4), blur(2, {0.5, 0.5}, Boundary::reflect), same(2));
  const auto stack = std::make_shared<StackOperator>(std::vector<OperatorPtr>{slow_and_sharp(), mask(1)});
  const OperatorPtr both = compose({first, stack});
  const auto distributed = std::dynamic_pointer_cast<const StackOperator>(both);
  BOOST_TEST_REQUIRE(distributed != nullptr);
  BOOST_TEST((std::dynamic_pointer_cast<const SeparableOperator>(distributed->parts()[0]) != nullptr));
  const Tensor x = Rng(6).normal(kDomain, dense::kExact);
  BOOST_TEST(dense::difference(both->apply(x), stack->apply(first->apply(x))) < 1e-14);
}

BOOST_AUTO_TEST_CASE(refusals) {
  BOOST_CHECK_THROW(StackOperator({}), ShapeError);
  const auto other = separable(same(1), same(4), same(2), same(2), {1, 1, 4, 2, 2});
  BOOST_CHECK_THROW(StackOperator({slow_and_sharp(), other}), ShapeError);
  const auto single = std::make_shared<MaskOperator>(kDomain, Placement{}, at::ones({1}));
  BOOST_CHECK_THROW(StackOperator({slow_and_sharp(), single}), PlacementError);
}

BOOST_AUTO_TEST_SUITE_END()
