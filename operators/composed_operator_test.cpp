#include "operators/composed_operator.hpp"

#include <boost/test/unit_test.hpp>

#include "dense.hpp"
#include "lvtino/core/error.hpp"
#include "operators/axis_maps.hpp"
#include "operators/mask_operator.hpp"
#include "operators/separable_operator.hpp"

BOOST_AUTO_TEST_SUITE(composed_operator)

using namespace lvtino;

namespace {

const Shape kDomain = {1, 1, 4, 4, 2};

OperatorPtr temporal() {
  return std::make_shared<SeparableOperator>("average", kDomain, dense::kExact,
                                             average(4, 2, Tail::replicate), AxisMap::identity(4),
                                             AxisMap::identity(2));
}

OperatorPtr spatial(const Shape& domain) {
  return std::make_shared<SeparableOperator>(
      "decimation", domain, dense::kExact, AxisMap::identity(domain[2]),
      decimate(domain[3], 2, Filter::bicubic, Boundary::reflect), AxisMap::identity(domain[4]));
}

OperatorPtr mask(const Shape& domain) {
  return std::make_shared<MaskOperator>(domain, dense::kExact,
                                        random_mask(domain, dense::kExact, 0.6, true, Rng(1)));
}

}  // namespace

BOOST_AUTO_TEST_CASE(separable_stages_become_one) {
  const OperatorPtr first = temporal(), second = spatial(first->range());
  const OperatorPtr both = compose({first, second});
  BOOST_TEST(dynamic_cast<const SeparableOperator*>(both.get()) != nullptr);
  BOOST_TEST(both->gram_factors() != nullptr);
  BOOST_TEST(
      (dense::matrix_of(*both) - dense::matrix_of(*second) * dense::matrix_of(*first)).norm() <
      1e-14);
}

BOOST_AUTO_TEST_CASE(mixed_chains_have_no_factors) {
  const OperatorPtr first = temporal(), second = spatial(first->range()),
                    last = mask(second->range());
  const OperatorPtr chain = compose({first, second, last});
  const dense::Matrix expected =
      dense::matrix_of(*last) * dense::matrix_of(*second) * dense::matrix_of(*first);
  BOOST_TEST((chain->domain() == first->domain()));
  BOOST_TEST((chain->range() == last->range()));
  BOOST_TEST((dense::matrix_of(*chain) - expected).norm() < 1e-14);
  const Tensor y = Rng(2).normal(chain->range(), dense::kExact),
               v = Rng(3).normal(kDomain, dense::kExact);
  const dense::Vector back = expected.transpose() * dense::vector_of(y);
  BOOST_TEST((dense::vector_of(chain->adjoint(y)) - back).norm() < 1e-14);
  BOOST_TEST(
      (dense::vector_of(chain->adjoint_add(v, 3, y)) - dense::vector_of(v) - 3 * back).norm() <
      1e-13);
  BOOST_TEST(chain->gram_factors() == nullptr);
  BOOST_CHECK_THROW(operator_norm(*chain), NotSupportedError);
  BOOST_CHECK_THROW(pseudo_inverse(*chain, y), NotSupportedError);
}

BOOST_AUTO_TEST_CASE(a_single_stage_is_itself) {
  const OperatorPtr a = mask(kDomain);
  BOOST_TEST(compose({a}) == a);
}

BOOST_AUTO_TEST_CASE(refusals) {
  BOOST_CHECK_THROW(compose({}), ShapeError);
  BOOST_CHECK_THROW(compose({temporal(), temporal()}), ShapeError);
  BOOST_CHECK_THROW(compose({temporal(), mask(kDomain)}), ShapeError);
  const auto single = std::make_shared<MaskOperator>(kDomain, Placement{}, at::ones({2}));
  BOOST_CHECK_THROW(compose({mask(kDomain), single}), PlacementError);
}

BOOST_AUTO_TEST_SUITE_END()
