#include "solvers/fixed_conjugate_gradient.hpp"

#include <boost/test/unit_test.hpp>

#include "dense.hpp"
#include "lvtino/core/error.hpp"
#include "solvers/conjugate_gradient.hpp"

BOOST_AUTO_TEST_SUITE(fixed_conjugate_gradient)

using namespace lvtino;
using Why = SolveSummary::Why;

namespace {

// H = diag(1 .. 6) and a vector that sees all of it.
const Tensor kDiagonal = at::arange(1, 7, at::kDouble);
Tensor h(const Tensor& x) { return at::mul(kDiagonal, x); }
const Tensor kRight = at::ones({6}, at::kDouble);

}  // namespace

// After k steps from 0 the iterate minimises the energy over span{b, Hb, .., H^(k-1) b}.
BOOST_AUTO_TEST_CASE(each_iterate_is_the_best_of_its_krylov_space) {
  using dense::Matrix, dense::Vector;
  const Vector b = Vector::Ones(6), d = dense::vector_of(kDiagonal);
  Matrix powers(6, 5);
  Vector column = b;
  for (int k = 0; k < 5; ++k, column = d.cwiseProduct(column).eval()) powers.col(k) = column;
  for (int k = 1; k <= 5; ++k) {
    const Matrix basis = powers.leftCols(k);
    const Matrix energy = basis.transpose() * d.asDiagonal() * basis;
    const Vector best = basis * energy.ldlt().solve(basis.transpose() * b);
    const SolveSummary found =
        lvtino::fixed_conjugate_gradient(h, kRight, at::zeros_like(kRight), {.iterations = k});
    BOOST_TEST(found.iterations == k);
    BOOST_TEST((found.why == Why::iteration_limit));
    BOOST_TEST((dense::vector_of(found.x) - best).norm() < 1e-10 * best.norm());
    BOOST_TEST(std::abs(found.residual - (b - d.cwiseProduct(best)).norm() / b.norm()) < 1e-10);
  }
}

// One step by hand: H = 2 and 4, b = (2, 4) from 0: r = b, step <r,r>/<r,Hr> = 20/72.
BOOST_AUTO_TEST_CASE(the_first_step_by_hand) {
  const Tensor two_four = at::tensor({2.0, 4.0}, at::kDouble);
  const SolveSummary found =
      lvtino::fixed_conjugate_gradient([&](const Tensor& x) { return at::mul(two_four, x); },
                                       two_four, at::zeros({2}, at::kDouble), {.iterations = 1});
  BOOST_TEST(std::abs(found.x[0].item<double>() - 2 * 20.0 / 72) < 1e-15);
  BOOST_TEST(std::abs(found.x[1].item<double>() - 4 * 20.0 / 72) < 1e-15);
}

BOOST_AUTO_TEST_CASE(it_ends_where_nothing_is_left) {
  const SolveSummary solved =
      lvtino::fixed_conjugate_gradient(h, kRight, at::div(kRight, kDiagonal), {.iterations = 9});
  BOOST_TEST((solved.why == Why::exact));
  BOOST_TEST(solved.iterations == 0);
  const SolveSummary stopped = lvtino::fixed_conjugate_gradient(
      h, kRight, at::zeros_like(kRight), {.iterations = 50, .absolute_stop = 1e-6});
  BOOST_TEST((stopped.why == Why::converged));
  BOOST_TEST(stopped.iterations <= 6);
  // On a singular H it stays in the range: the second number is not touched.
  const Tensor singular = at::tensor({2.0, 0.0}, at::kDouble),
               b = at::tensor({1.0, 0.0}, at::kDouble);
  const SolveSummary part =
      lvtino::fixed_conjugate_gradient([&](const Tensor& x) { return at::mul(singular, x); }, b,
                                       at::full({2}, 7.0, at::kDouble), {.iterations = 5});
  BOOST_TEST(std::abs(part.x[0].item<double>() - 0.5) < 1e-15);
  BOOST_TEST(part.x[1].item<double>() == 7.0);
  BOOST_CHECK_THROW(lvtino::fixed_conjugate_gradient(h, kRight, kRight, {.iterations = 0}),
                    NumericalError);
}

// In bfloat16 the recursion believes in a residual that is not there.
BOOST_AUTO_TEST_CASE(rounded_recursions_drift_from_the_residual) {
  const auto normal = [](const Tensor& x) { return at::add(x, at::mul(kDiagonal, x), 10); };
  const Tensor b = Rng(1).normal({6}, dense::kExact);
  const auto solve = [&](Rounding rounding) {
    return lvtino::fixed_conjugate_gradient(
        normal, b, at::zeros_like(b),
        {.iterations = 60, .absolute_stop = 1e-6, .rounding = rounding});
  };
  BOOST_TEST(solve(Rounding::none).residual < 1e-8);
  BOOST_TEST(solve(Rounding::bfloat16).residual > 1e-4);
  BOOST_TEST(at::equal(rounded(solve(Rounding::bfloat16).x, Rounding::bfloat16),
                       solve(Rounding::bfloat16).x));
}

BOOST_AUTO_TEST_SUITE_END()
