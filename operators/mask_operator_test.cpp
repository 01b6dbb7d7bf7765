#include "operators/mask_operator.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

#include "dense.hpp"
#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(mask_operator)

using namespace lvtino;

namespace {

const Shape kDomain = {2, 3, 4, 5, 6};

Tensor drawn(double keep, bool each_frame = true) {
  return random_mask(kDomain, dense::kExact, keep, each_frame, Rng(1));
}

}  // namespace

BOOST_AUTO_TEST_CASE(keeps_what_the_mask_holds) {
  const Tensor mask = at::tensor({1.0, 0.0, 1.0}, at::kDouble).view({1, 1, 1, 1, 3});
  const MaskOperator a({1, 1, 1, 2, 3}, dense::kExact, mask);
  const Tensor x = at::tensor({1.0, 2.0, 3.0, 4.0, 5.0, 6.0}, at::kDouble).view(a.domain());
  const Tensor y = at::tensor({1.0, 0.0, 3.0, 4.0, 0.0, 6.0}, at::kDouble).view(a.domain());
  BOOST_TEST(at::equal(a.apply(x), y));
  BOOST_TEST(at::equal(a.adjoint(x), y));
  BOOST_TEST(at::equal(pseudo_inverse(a, x), y));
}

BOOST_AUTO_TEST_CASE(factors_of_a_projection) {
  const MaskOperator a(kDomain, dense::kExact, drawn(0.5));
  BOOST_TEST(operator_norm(a) == 1.0);
  BOOST_TEST(a.gram_factors()->smallest() == 0.0);
  const Tensor r = Rng(2).normal(kDomain, dense::kExact);
  const Tensor found = a.gram_factors()->spectral([](double d) { return 1 / (0.25 + d); }, r);
  BOOST_TEST(dense::difference(found, r / (a.mask() + 0.25)) < 1e-14);
}

BOOST_AUTO_TEST_CASE(empty_and_full_masks) {
  const Tensor x = Rng(3).normal(kDomain, dense::kExact);
  const MaskOperator none(kDomain, dense::kExact, drawn(0)), all(kDomain, dense::kExact, drawn(1));
  BOOST_TEST(l2_norm(none.apply(x)) == 0.0);
  BOOST_TEST(operator_norm(none) == 0.0);
  BOOST_TEST(l2_norm(pseudo_inverse(none, x)) == 0.0);
  BOOST_TEST(at::equal(all.apply(x), x));
  BOOST_TEST(all.gram_factors()->smallest() == 1.0);
}

BOOST_AUTO_TEST_CASE(random_masks) {
  BOOST_TEST((shape_of(drawn(0.5)) == Shape{1, 1, 4, 5, 6}));
  BOOST_TEST((shape_of(drawn(0.5, false)) == Shape{1, 1, 1, 5, 6}));
  BOOST_TEST(at::equal(drawn(0.5), drawn(0.5)));
  BOOST_TEST(!at::equal(drawn(0.5), random_mask(kDomain, dense::kExact, 0.5, true, Rng(2))));
  BOOST_TEST(!at::equal(drawn(0.5).select(2, 0), drawn(0.5).select(2, 1)));
  const double share =
      mean_value(random_mask({1, 1, 10, 100, 100}, dense::kExact, 0.3, true, Rng(4)));
  BOOST_TEST(std::abs(share - 0.3) < 5 * std::sqrt(0.21 / 1e5));
}

BOOST_AUTO_TEST_CASE(boxes_by_hand) {
  const Tensor seen = box_mask({1, 3, 2, 2, 4}, dense::kExact, {{.first_frame = 1, .frames = 1, .top = 0, .height = 2, .left = 1, .width = 2},
                                                               {.first_frame = 0, .frames = 2, .top = 1, .height = 1, .left = 3, .width = 1}});
  BOOST_TEST(at::equal(seen.view(-1), at::tensor({1., 1., 1., 1., 1., 1., 1., 0., 1., 0., 0., 1., 1., 0., 0., 0.}, at::kDouble)));
  BOOST_TEST((shape_of(seen) == Shape{1, 1, 2, 2, 4}));
  BOOST_CHECK_THROW(box_mask({1, 3, 2, 2, 4}, {}, {{0, 3, 0, 1, 0, 1}}), ShapeError);
  BOOST_CHECK_THROW(box_mask({1, 3, 2, 2, 4}, {}, {{0, 1, 1, 2, 0, 1}}), ShapeError);
  BOOST_CHECK_THROW(box_mask({1, 3, 2, 2, 4}, {}, {{0, 1, 0, 1, 4, 0}}), ShapeError);
}

BOOST_AUTO_TEST_CASE(refusals) {
  BOOST_CHECK_THROW(MaskOperator(kDomain, dense::kExact, at::full({1, 1, 1, 5, 6}, 0.5)),
                    ShapeError);
  BOOST_CHECK_THROW(MaskOperator(kDomain, dense::kExact, at::full({6}, std::nan(""))), ShapeError);
  BOOST_CHECK_THROW(MaskOperator(kDomain, dense::kExact, at::ones({1, 1, 1, 4, 6})), ShapeError);
}

BOOST_AUTO_TEST_SUITE_END()
