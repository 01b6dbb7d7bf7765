#include "operators/axis_map.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>

#include "dense.hpp"
#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(axis_map)

using namespace lvtino;

namespace {

AxisMap random_map(std::int64_t rows, std::int64_t columns, std::uint64_t seed) {
  const Tensor m = Rng(seed).normal({rows, columns}, dense::kExact);
  std::vector<std::vector<AxisMap::Entry>> out{std::size_t(rows)};
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j)
      out[std::size_t(i)].push_back({j, m[i][j].item<double>()});
  return AxisMap(columns, out);
}

}  // namespace

BOOST_AUTO_TEST_CASE(rows_are_sorted_merged_and_without_zeros) {
  const AxisMap m(4, {{{3, 1.0}, {0, 2.0}, {3, 0.5}, {1, 0.0}}, {}, {{2, 1.0}, {2, -1.0}}});
  BOOST_TEST(m.rows() == 3);
  BOOST_TEST(m.columns() == 4);
  BOOST_TEST(m.entry_count() == 2);
  BOOST_TEST(m.offsets() == (std::vector<std::int64_t>{0, 2, 2, 2}),
             boost::test_tools::per_element());
  BOOST_TEST(m.indices() == (std::vector<std::int32_t>{0, 3}), boost::test_tools::per_element());
  BOOST_TEST(m.weights() == (std::vector<double>{2, 1.5}), boost::test_tools::per_element());
  BOOST_TEST(
      at::equal(m.matrix(), at::tensor({2.0, 0.0, 0.0, 1.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0})
                                .to(at::kDouble)
                                .view({3, 4})));
}

BOOST_AUTO_TEST_CASE(refusals) {
  BOOST_CHECK_THROW(AxisMap(3, {{{3, 1.0}}}), ShapeError);
  BOOST_CHECK_THROW(AxisMap(3, {{{-1, 1.0}}}), ShapeError);
  BOOST_CHECK_THROW(AxisMap(0, {{}}), ShapeError);
  BOOST_CHECK_THROW(AxisMap(3, {}), ShapeError);
  BOOST_CHECK_THROW(AxisMap::identity(0), ShapeError);
  BOOST_CHECK_THROW(random_map(2, 3, 1).after(random_map(2, 3, 2)), ShapeError);
}

BOOST_AUTO_TEST_CASE(identity) {
  BOOST_TEST(AxisMap::identity(5).is_identity());
  BOOST_TEST(at::equal(AxisMap::identity(5).matrix(), at::eye(5, at::kDouble)));
  BOOST_TEST(!AxisMap(2, {{{0, 1.0}}, {{1, 0.999}}}).is_identity());
  BOOST_TEST(!AxisMap(2, {{{1, 1.0}}, {{0, 1.0}}}).is_identity());
  BOOST_TEST(!AxisMap(3, {{{0, 1.0}}, {{1, 1.0}}}).is_identity());
}

BOOST_AUTO_TEST_CASE(transpose_and_product_against_dense_matrices) {
  const AxisMap a = random_map(3, 5, 3), b = random_map(5, 4, 4);
  BOOST_TEST(at::equal(a.transposed().matrix(), a.matrix().t()));
  BOOST_TEST(dense::difference(a.after(b).matrix(), at::matmul(a.matrix(), b.matrix())) < 1e-14);
  BOOST_TEST(at::equal(a.after(AxisMap::identity(5)).matrix(), a.matrix()));
}

BOOST_AUTO_TEST_CASE(eigen_basis_of_both_sides) {
  for (const auto& [rows, columns] : {std::pair{3, 7}, {7, 3}, {6, 6}, {1, 5}, {5, 1}, {40, 30}}) {
    const AxisMap m = random_map(rows, columns, 5);
    for (const bool range_side : {true, false}) {
      const AxisEigen eigen = eigen_of(m, range_side);
      const Tensor d = at::tensor(eigen.values, at::kDouble), w = eigen.basis;
      const Tensor gram = range_side ? at::matmul(m.matrix(), m.matrix().t())
                                     : at::matmul(m.matrix().t(), m.matrix());
      BOOST_TEST(dense::difference(at::matmul(w, w.t()), at::eye(w.size(0), at::kDouble)) < 1e-13);
      BOOST_TEST(dense::difference(at::matmul(w * d, w.t()), gram) < 1e-12);
      BOOST_TEST(std::is_sorted(eigen.values.rbegin(), eigen.values.rend()));
      BOOST_TEST(eigen.values.back() >= 0.0);
    }
  }
}

BOOST_AUTO_TEST_CASE(eigen_of_the_identity_is_exact) {
  const AxisEigen eigen = eigen_of(AxisMap::identity(4), true);
  BOOST_TEST(at::equal(eigen.basis, at::eye(4, at::kDouble)));
  BOOST_TEST(eigen.values == std::vector<double>(4, 1.0), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
