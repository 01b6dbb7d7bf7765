#include "operators/band_kernels.hpp"

#include <rapidcheck/boost_test.h>
#include <Eigen/Cholesky>
#include <boost/test/unit_test.hpp>
#include <vector>

#include "dense.hpp"

BOOST_AUTO_TEST_SUITE(band_kernels)

using namespace lvtino;
using Matrix = Eigen::MatrixXd;

namespace {

/// M M' of a banded M, positive semidefinite and sometimes singular.
Matrix draw_gram(std::int64_t size, std::int64_t half, bool singular) {
  Matrix m = Matrix::Zero(size, size);
  for (std::int64_t i = 0; i < size; ++i)
    for (std::int64_t j = i; j <= std::min(size - 1, i + half); ++j)
      m(i, j) = double(*rc::gen::inRange(-100, 101)) / 100;
  if (singular) m.row(0).setZero();
  return m * m.transpose();
}

}  // namespace

RC_BOOST_PROP(equals_the_dense_solution, ()) {
  const std::int64_t size = *rc::gen::inRange<std::int64_t>(1, 30),
                     half = *rc::gen::inRange<std::int64_t>(0, 7);
  const std::int64_t count = *rc::gen::inRange<std::int64_t>(1, 40),
                     stride = count + *rc::gen::inRange(0, 3);
  const Matrix gram = draw_gram(size, half, *rc::gen::arbitrary<bool>());
  std::vector<double> values(std::size_t(size * (half + 1))), scales, z(std::size_t(size * stride));
  for (std::int64_t w = 0; w < size; ++w)
    for (std::int64_t k = 0; k <= std::min(half, w); ++k)
      values[std::size_t(w * (half + 1) + k)] = gram(w, w - k);
  for (std::int64_t l = 0; l < count; ++l) scales.push_back(double(*rc::gen::inRange(0, 50)) / 7);
  for (double& number : z) number = double(*rc::gen::inRange(-100, 101)) / 50;
  const double shift = double(*rc::gen::inRange(1, 100)) / 50;
  const kernels::SymmetricBand band{size, half, values.data()};
  std::vector<double> found = z, workspace(std::size_t(kernels::band_workspace(band)));
  kernels::solve_shifted_band(band, shift, scales.data(), count, found.data(), stride,
                              workspace.data());
  for (std::int64_t l = 0; l < stride; ++l) {
    Eigen::VectorXd right(size), x(size);
    for (std::int64_t w = 0; w < size; ++w)
      right[w] = z[std::size_t(w * stride + l)], x[w] = found[std::size_t(w * stride + l)];
    if (l >= count) {
      RC_ASSERT(x == right);  // not one of the systems
      continue;
    }
    const Matrix matrix = shift * Matrix::Identity(size, size) + scales[std::size_t(l)] * gram;
    RC_ASSERT((matrix.llt().solve(right) - x).norm() <= 1e-11 * (1 + x.norm()));
  }
}

BOOST_AUTO_TEST_SUITE_END()
