#include "lvtino/core/operation_count.hpp"

#include <boost/test/unit_test.hpp>

#include "lvtino/core/rng.hpp"

BOOST_AUTO_TEST_SUITE(operation_count)

using namespace lvtino;

namespace {

template <class Work>
double counted(const Work& work) {
  const OperationCount count;
  work();
  return count.operations();
}

Tensor drawn(const Shape& shape) { return Rng(1).normal(shape, {}); }

}  // namespace

BOOST_AUTO_TEST_CASE(products_convolutions_and_attention) {
  const c10::InferenceMode inference;
  // Each with its worth: two operations a multiplication and addition.
  BOOST_TEST(counted([] { at::mm(drawn({3, 4}), drawn({4, 5})); }) == 2. * 3 * 4 * 5);
  BOOST_TEST(counted([] { at::matmul(drawn({2, 3, 4}), drawn({2, 4, 5})); }) == 2. * 2 * 3 * 4 * 5);
  BOOST_TEST(counted([] {
               at::linear(drawn({2, 3, 4}), drawn({5, 4}), drawn({5}));
             }) == 2. * 2 * 3 * 4 * 5);
  BOOST_TEST(counted([] {
               at::conv2d(drawn({2, 3, 8, 9}), drawn({5, 3, 3, 3}), drawn({5}), {2, 1}, {1, 1});
             }) == 2. * 2 * 5 * 4 * 9 * 27);
  BOOST_TEST(counted([] {
               at::conv3d(drawn({1, 2, 4, 5, 6}), drawn({3, 2, 3, 1, 1}));
             }) == 2. * 3 * 2 * 5 * 6 * 6);
  BOOST_TEST(counted([] {
               at::scaled_dot_product_attention(drawn({1, 2, 7, 8}), drawn({1, 2, 5, 8}),
                                                drawn({1, 2, 5, 8}));
             }) == 2. * 2 * 7 * 5 * (8 + 8));
  BOOST_TEST(counted([] { drawn({3, 4}).mul_(2).add_(1); }) == 0);
}

BOOST_AUTO_TEST_CASE(sums_and_starts_anew) {
  const c10::InferenceMode inference;
  const auto two = [] {
    at::mm(drawn({3, 4}), drawn({4, 5}));
    at::mm(drawn({1, 4}), drawn({4, 1}));
  };
  BOOST_TEST(counted(two) == 120 + 8);
  BOOST_TEST(counted(two) == 120 + 8);
}

BOOST_AUTO_TEST_SUITE_END()
