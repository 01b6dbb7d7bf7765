#include "operators/psf_operator.hpp"

#include <boost/test/unit_test.hpp>

#include "dense.hpp"
#include "lvtino/core/error.hpp"
#include "lvtino/core/parallel.hpp"
#include "operators/circular_convolution.hpp"
#include "operators/separable_operator.hpp"

BOOST_AUTO_TEST_SUITE(psf_operator)

using namespace lvtino;
using dense::Matrix;

namespace {

const std::vector<std::optional<Boundary>> kBorders = {Boundary::reflect, Boundary::replicate,
                                                       Boundary::circular, Boundary::zero, std::nullopt};

/// The definition, written out: kernel[k, l] x[i + c - k, j + c - l], borders by index.
Matrix by_definition(const Shape& domain, const Tensor& kernel, std::optional<Boundary> boundary) {
  const std::int64_t h = domain[3], w = domain[4], kh = kernel.size(0), kw = kernel.size(1);
  const std::int64_t oh = boundary ? h : h - kh + 1, ow = boundary ? w : w - kw + 1;
  const std::int64_t shift_h = boundary ? 0 : kh - 1 - (kh - 1) / 2, shift_w = boundary ? 0 : kw - 1 - (kw - 1) / 2;
  const auto taps = kernel.accessor<double, 2>();
  Matrix m = Matrix::Zero(oh * ow, h * w);
  for (std::int64_t i = 0; i < oh; ++i)
    for (std::int64_t j = 0; j < ow; ++j)
      for (std::int64_t k = 0; k < kh; ++k)
        for (std::int64_t l = 0; l < kw; ++l) {
          std::int64_t r = i + shift_h + (kh - 1) / 2 - k, c = j + shift_w + (kw - 1) / 2 - l;
          if (boundary) r = source_index(r, h, *boundary), c = source_index(c, w, *boundary);
          if (r < 0 || c < 0) continue;
          m(i * ow + j, r * w + c) += taps[k][l];
        }
  return m;
}

Tensor ramp(std::int64_t h, std::int64_t w, bool rows) {
  const Tensor line = at::arange(rows ? h : w, at::kDouble);
  return line.view(rows ? std::vector<std::int64_t>{1, 1, 1, h, 1} : std::vector<std::int64_t>{1, 1, 1, 1, w})
      .expand({1, 1, 1, h, w})
      .contiguous();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_corner_by_hand) {
  // y[i, j] = a x[i, j] + b x[i, j-1] + c x[i-1, j] + d x[i-1, j-1]: even kernels reach back.
  const Tensor kernel = at::tensor({1.0, 10.0, 100.0, 1000.0}, at::kDouble).view({2, 2});
  const Tensor x = at::tensor({1.0, 2.0, 3.0, 4.0}, at::kDouble).view({1, 1, 1, 2, 2});
  const auto first = [&](std::optional<Boundary> b) {
    return PsfOperator({1, 1, 1, 2, 2}, dense::kExact, kernel, b).apply(x).view(-1)[0].item<double>();
  };
  BOOST_TEST(first(Boundary::zero) == 1.0);
  BOOST_TEST(first(Boundary::replicate) == 1111.0);
  BOOST_TEST(first(Boundary::circular) == 1 + 20 + 300 + 4000.0);
  BOOST_TEST(first(Boundary::reflect) == 1 + 20 + 300 + 4000.0);
  // All that is valid is the one place that sees four pixels.
  BOOST_TEST(first(std::nullopt) == 4 + 30 + 200 + 1000.0);
}

BOOST_AUTO_TEST_CASE(equals_its_dense_matrix) {
  for (const auto& border : kBorders)
    for (const Shape& size : {Shape{1, 1}, Shape{3, 3}, Shape{2, 4}, Shape{4, 1}, Shape{1, 5}, Shape{5, 6}}) {
      const Shape domain = {1, 1, 1, 5, 6};
      const Tensor kernel = Rng(1).normal(size, dense::kExact);
      const PsfOperator a(domain, dense::kExact, kernel, border);
      const Matrix m = by_definition(domain, kernel, border);
      BOOST_TEST((dense::matrix_of(a) - m).cwiseAbs().maxCoeff() < 1e-14);
      const Tensor y = Rng(2).normal(a.range(), dense::kExact);
      BOOST_TEST((dense::vector_of(a.adjoint(y)) - m.transpose() * dense::vector_of(y)).norm() < 1e-13);
    }
}

// A kernel longer than the frame wraps, bounces or ends as often as it has to.
BOOST_AUTO_TEST_CASE(kernels_longer_than_the_frame) {
  for (const auto& border : {Boundary::reflect, Boundary::replicate, Boundary::circular, Boundary::zero}) {
    const Shape domain = {1, 1, 1, 2, 3};
    const Tensor kernel = Rng(3).normal({7, 8}, dense::kExact);
    BOOST_TEST((dense::matrix_of(PsfOperator(domain, dense::kExact, kernel, border)) -
                by_definition(domain, kernel, border)).cwiseAbs().maxCoeff() < 1e-13);
  }
}

BOOST_AUTO_TEST_CASE(agrees_with_the_other_convolutions) {
  const Shape domain = {2, 3, 2, 9, 8};
  const Tensor x = Rng(4).normal(domain, dense::kExact), kernel = Rng(5).normal({4, 3}, dense::kExact);
  BOOST_TEST(dense::difference(PsfOperator(domain, dense::kExact, kernel, Boundary::circular).apply(x),
                               CircularConvolution(domain, dense::kExact, kernel.unsqueeze(0)).apply(x)) < 1e-12);
  const std::vector<double> down = {0.1, 0.5, 0.3, 0.1}, along = {0.2, 0.7, 0.1};
  const Tensor outer = at::tensor(down, at::kDouble).view({4, 1}) * at::tensor(along, at::kDouble);
  for (const auto border : {Boundary::reflect, Boundary::replicate, Boundary::zero}) {
    const SeparableOperator both("blur", domain, dense::kExact, AxisMap::identity(2),
                                 blur(9, down, border), blur(8, along, border));
    BOOST_TEST(dense::difference(PsfOperator(domain, dense::kExact, outer, border).apply(x), both.apply(x)) < 1e-14);
  }
}

// A uniform kernel on the ramp x[i] = i reads its own phase: i (odd), i - 1/2 (even); valid i + (K-1)/2.
BOOST_AUTO_TEST_CASE(phase_of_even_and_odd_kernels) {
  const std::int64_t n = 24;
  for (const std::int64_t taps : {1, 2, 3, 4, 7, 8})
    for (const bool rows : {true, false}) {
      const Tensor kernel = at::full(rows ? Shape{taps, 1} : Shape{1, taps}, 1.0 / double(taps), at::kDouble);
      const Tensor x = ramp(n, n, rows);
      const Tensor same = PsfOperator({1, 1, 1, n, n}, dense::kExact, kernel, Boundary::reflect).apply(x);
      const Tensor valid = PsfOperator({1, 1, 1, n, n}, dense::kExact, kernel, std::nullopt).apply(x);
      const auto at = [&](const Tensor& y, std::int64_t i) {
        return (rows ? y[0][0][0][i][5] : y[0][0][0][5][i]).item<double>();
      };
      BOOST_TEST(std::abs(at(same, 10) - (taps % 2 ? 10 : 9.5)) < 1e-12);
      for (std::int64_t i = 0; i + taps <= n; ++i)
        BOOST_TEST(std::abs(at(valid, i) - (double(i) + double(taps - 1) / 2)) < 1e-12);
    }
}

BOOST_AUTO_TEST_CASE(threads_do_not_matter) {
  const Shape domain = {1, 3, 5, 40, 50};
  const PsfOperator a(domain, {}, Rng(6).normal({7, 9}, {}), Boundary::reflect);
  const Tensor x = Rng(7).normal(domain, {});
  const int before = thread_count();
  set_thread_count(1);
  const Tensor y1 = a.apply(x), x1 = a.adjoint(x);
  set_thread_count(2);
  const Tensor y2 = a.apply(x), x2 = a.adjoint(x);
  set_thread_count(before);
  BOOST_TEST(at::equal(y1, y2));
  BOOST_TEST(at::equal(x1, x2));
}

BOOST_AUTO_TEST_CASE(refusals) {
  const Shape domain = {1, 1, 1, 3, 3};
  BOOST_CHECK_THROW(PsfOperator(domain, {}, at::ones({4, 1}), std::nullopt), ShapeError);
  BOOST_CHECK_THROW(PsfOperator(domain, {}, at::ones({1, 3, 3}), Boundary::zero), ShapeError);
  BOOST_CHECK_THROW(PsfOperator({1, 1, 3, 3}, {}, at::ones({1, 1}), Boundary::zero), ShapeError);
  BOOST_CHECK_THROW(PsfOperator(domain, {at::kHalf, at::kCPU}, at::ones({1, 1}), Boundary::zero), PlacementError);
}

BOOST_AUTO_TEST_SUITE_END()
