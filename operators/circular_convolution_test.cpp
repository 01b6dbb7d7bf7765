#include "operators/circular_convolution.hpp"

#include <boost/test/unit_test.hpp>

#include "dense.hpp"
#include "lvtino/core/error.hpp"
#include "operators/axis_maps.hpp"
#include "operators/separable_operator.hpp"

BOOST_AUTO_TEST_SUITE(circular_convolution)

using namespace lvtino;
using dense::Matrix;

namespace {

/// The definition, entry by entry: y[i] = sum_k kernel[k] x[i + c - k] with all axes periodic.
Matrix circulant(const Shape& d, const Tensor& kernel) {
  const auto taps = kernel.accessor<double, 3>();
  const std::int64_t n = d[2] * d[3] * d[4];
  Matrix m = Matrix::Zero(n, n);
  const auto wrap = [](std::int64_t i, std::int64_t length) {
    return ((i % length) + length) % length;
  };
  for (std::int64_t i = 0; i < n; ++i) {
    const std::int64_t t = i / (d[3] * d[4]), h = i / d[4] % d[3], w = i % d[4];
    for (std::int64_t a = 0; a < taps.size(0); ++a)
      for (std::int64_t b = 0; b < taps.size(1); ++b)
        for (std::int64_t c = 0; c < taps.size(2); ++c) {
          const std::int64_t from_t = wrap(t + (taps.size(0) - 1) / 2 - a, d[2]);
          const std::int64_t from_h = wrap(h + (taps.size(1) - 1) / 2 - b, d[3]);
          const std::int64_t from_w = wrap(w + (taps.size(2) - 1) / 2 - c, d[4]);
          m(i, (from_t * d[3] + from_h) * d[4] + from_w) += taps[a][b][c];
        }
  }
  return m;
}

}  // namespace

BOOST_AUTO_TEST_CASE(against_the_circulant_matrix) {
  const std::vector<std::pair<Shape, Shape>> cases = {
      {{1, 1, 3, 4, 3}, {3, 3, 3}},
      {{1, 1, 2, 4, 4}, {1, 2, 4}},
      {{1, 1, 1, 5, 7}, {1, 4, 3}},
      {{1, 1, 2, 3, 4}, {5, 7, 9}},  // longer than every axis
      {{1, 1, 1, 1, 6}, {2, 1, 13}}};
  for (const auto& [domain, size] : cases) {
    const Tensor kernel = Rng(1).normal(size, dense::kExact);
    const CircularConvolution a(domain, dense::kExact, kernel);
    const Matrix m = circulant(domain, kernel);
    BOOST_TEST((dense::matrix_of(a) - m).cwiseAbs().maxCoeff() < 1e-13, to_string(domain));
    const Tensor y = Rng(2).normal(domain, dense::kExact);
    BOOST_TEST((dense::vector_of(a.adjoint(y)) - m.transpose() * dense::vector_of(y)).norm() <
               1e-12);
    const Eigen::JacobiSVD<Matrix> svd(m);
    BOOST_TEST(std::abs(operator_norm(a) - svd.singularValues()[0]) < 1e-12);
    BOOST_TEST(std::abs(std::sqrt(a.gram_factors()->smallest()) -
                        svd.singularValues()[m.rows() - 1]) < 1e-7);
  }
}

// The same periodic blur by Fourier transform and by axis maps, several samples and channels.
BOOST_AUTO_TEST_CASE(equals_the_separable_circular_blur) {
  const Shape domain = {2, 3, 5, 6, 7};
  const std::vector<double> t = {.2, .5, .3}, h = {.1, .9}, w = {.4, .1, .2, .3};
  const auto column = [](const std::vector<double>& taps) { return at::tensor(taps, at::kDouble); };
  const Tensor kernel =
      column(t).view({3, 1, 1}) * column(h).view({1, 2, 1}) * column(w).view({1, 1, 4});
  for (const auto dtype : {at::kDouble, at::kFloat}) {
    const Placement placement = {dtype, at::kCPU};
    const CircularConvolution fourier(domain, placement, kernel);
    const SeparableOperator maps("blur", domain, placement, blur(5, t, Boundary::circular),
                                 blur(6, h, Boundary::circular), blur(7, w, Boundary::circular));
    const Tensor x = Rng(3).normal(domain, placement);
    const double bound = dtype == at::kDouble ? 1e-14 : 2e-6;
    BOOST_TEST(dense::difference(fourier.apply(x), maps.apply(x)) < bound);
    BOOST_TEST(dense::difference(fourier.adjoint(x), maps.adjoint(x)) < bound);
    BOOST_TEST(fourier.apply(x).is_contiguous());
    BOOST_TEST((placement_of(fourier.apply(x)) == placement));
    const Tensor inverse = pseudo_inverse(fourier, x, 1e-3),
                 expected = pseudo_inverse(maps, x, 1e-3);
    BOOST_TEST(dense::difference(inverse, expected) < 100 * bound * l2_norm(expected));
  }
}

BOOST_AUTO_TEST_CASE(operands_are_left_alone) {
  const CircularConvolution a({1, 1, 2, 3, 4}, dense::kExact,
                              Rng(4).normal({1, 3, 3}, dense::kExact));
  const Tensor x = Rng(5).normal(a.domain(), dense::kExact), kept = x.clone();
  const Tensor once = a.apply(x);
  a.gram_factors()->spectral([](double d) { return d; }, x);
  BOOST_TEST(at::equal(x, kept));
  BOOST_TEST(at::equal(a.apply(x), once));
}

BOOST_AUTO_TEST_CASE(refusals) {
  BOOST_CHECK_THROW(CircularConvolution({1, 1, 2, 3}, dense::kExact, at::ones({1, 1, 1})),
                    ShapeError);
  BOOST_CHECK_THROW(CircularConvolution({1, 1, 0, 3, 2}, dense::kExact, at::ones({1, 1, 1})),
                    ShapeError);
  BOOST_CHECK_THROW(CircularConvolution({1, 1, 2, 3, 2}, dense::kExact, at::ones({3, 3})),
                    ShapeError);
  BOOST_CHECK_THROW(CircularConvolution({1, 1, 2, 3, 2}, dense::kExact, at::ones({0, 3, 3})),
                    ShapeError);
}

// A uniform kernel on the ramp x[i] = i reads i (odd) or i - 1/2 (even) on each axis.
BOOST_AUTO_TEST_CASE(phase_of_even_and_odd_kernels) {
  const Shape domain = {1, 1, 12, 14, 16};
  for (const std::int64_t axis : {2, 3, 4})
    for (const std::int64_t taps : {1, 2, 3, 4, 5, 6}) {
      std::vector<std::int64_t> size = {1, 1, 1}, line = {1, 1, 1, 1, 1};
      size[std::size_t(axis - 2)] = taps, line[std::size_t(axis)] = domain[std::size_t(axis)];
      const Tensor x = at::arange(domain[std::size_t(axis)], at::kDouble).view(line).expand(domain).contiguous();
      const CircularConvolution a(domain, dense::kExact, at::full(size, 1.0 / double(taps), at::kDouble));
      const double found = a.apply(x).select(axis, 7).select(2, 3).select(2, 3).item<double>();
      BOOST_TEST(std::abs(found - (taps % 2 ? 7 : 6.5)) < 1e-12);
    }
}

BOOST_AUTO_TEST_SUITE_END()
