#include "solvers/conjugate_gradient.hpp"

#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

#include "dense.hpp"

BOOST_AUTO_TEST_SUITE(conjugate_gradient)

using namespace lvtino;
using Why = SolveSummary::Why;

namespace {

/// G G'/n + shift, positive definite for shift > 0.
Tensor random_matrix(std::int64_t n, double shift, const Rng& rng) {
  const Tensor g = rng.normal({n, n}, dense::kExact);
  return at::matmul(g, g.t()) / double(n) + at::eye(n, at::kDouble) * shift;
}

SolveSummary solve(const Tensor& m, const Tensor& b, const ConjugateGradientOptions& options = {},
                   const Tensor& start = {}) {
  return lvtino::conjugate_gradient([&](const Tensor& x) { return at::matmul(m, x); }, b,
                                    start.defined() ? start : at::zeros_like(b), options);
}

}  // namespace

RC_BOOST_PROP(against_dense_factorisation, ()) {
  const auto n = *rc::gen::inRange<std::int64_t>(1, 33);
  const Rng rng(std::uint64_t(*rc::gen::inRange(0, 1000)));
  const Tensor m = random_matrix(n, 0.1, rng.fork("m")),
               b = rng.fork("b").normal({n}, dense::kExact);
  const SolveSummary found = solve(m, b, {.tolerance = 1e-13, .max_iterations = 1000});
  RC_ASSERT(found.why == Why::converged);
  RC_ASSERT(found.residual <= 1e-13);
  const dense::Vector x = dense::matrix_of(m).llt().solve(dense::vector_of(b));
  RC_ASSERT((dense::vector_of(found.x) - x).norm() < 1e-11 * x.norm());
}

BOOST_AUTO_TEST_CASE(right_side_zero) {
  const SolveSummary found = solve(random_matrix(4, 1, Rng(1)), at::zeros({4}, at::kDouble), {},
                                   at::ones({4}, at::kDouble));
  BOOST_TEST((found.why == Why::converged));
  BOOST_TEST(l2_norm(found.x) == 0.0);
  BOOST_TEST(found.residual == 0.0);
  BOOST_TEST(found.iterations == 0);
}

BOOST_AUTO_TEST_CASE(indefinite_matrices_break_down) {
  const Tensor m = at::diag(at::tensor({1.0, -1.0, 2.0}, at::kDouble));
  const SolveSummary found = solve(m, at::tensor({1.0, 2.0, 1.0}, at::kDouble));
  BOOST_TEST((found.why == Why::breakdown));
  BOOST_TEST(!found.ok());
  BOOST_TEST(found.message.find("curvature") != std::string::npos);
  const SolveSummary zero = solve(at::zeros({2, 2}, at::kDouble), at::ones({2}, at::kDouble));
  BOOST_TEST((zero.why == Why::breakdown));
}

BOOST_AUTO_TEST_CASE(not_a_number_breaks_down) {
  const SolveSummary found =
      solve(at::full({2, 2}, std::nan(""), at::kDouble), at::ones({2}, at::kDouble));
  BOOST_TEST((found.why == Why::breakdown));
  const SolveSummary right =
      solve(at::eye(2, at::kDouble), at::full({2}, std::nan(""), at::kDouble));
  BOOST_TEST(!right.ok());
}

BOOST_AUTO_TEST_CASE(the_iteration_limit_is_reported) {
  const Tensor m = random_matrix(30, 1e-3, Rng(2)), b = Rng(3).normal({30}, dense::kExact);
  const SolveSummary found = solve(m, b, {.tolerance = 1e-10, .max_iterations = 3});
  BOOST_TEST((found.why == Why::iteration_limit));
  BOOST_TEST(found.iterations == 3);
  BOOST_TEST(!found.message.empty());
  BOOST_TEST(std::abs(found.residual - l2_norm(b - at::matmul(m, found.x)) / l2_norm(b)) < 1e-14);
  const SolveSummary enough = solve(at::eye(30, at::kDouble) * 2, b, {.max_iterations = 1});
  BOOST_TEST((enough.why == Why::converged));
  BOOST_TEST(enough.iterations == 1);
}

BOOST_AUTO_TEST_CASE(a_warm_start_from_the_solution_iterates_nothing) {
  const Tensor m = random_matrix(20, 0.1, Rng(4)), b = Rng(5).normal({20}, dense::kExact);
  const SolveSummary cold = solve(m, b, {.tolerance = 1e-12, .max_iterations = 500});
  const SolveSummary warm = solve(m, b, {.tolerance = 1e-10}, cold.x);
  BOOST_TEST(cold.iterations > 5);
  BOOST_TEST(warm.iterations == 0);
  BOOST_TEST((warm.why == Why::converged));
  BOOST_TEST(at::equal(warm.x, cold.x));
}

// The start is an argument, not a place to work in.
BOOST_AUTO_TEST_CASE(the_start_is_left_alone) {
  const Tensor start = at::ones({5}, at::kDouble);
  solve(random_matrix(5, 1, Rng(6)), Rng(7).normal({5}, dense::kExact), {}, start);
  BOOST_TEST(at::equal(start, at::ones({5}, at::kDouble)));
}

// What float32 cannot reach is not claimed: the residual is the true one, not the recursion's.
BOOST_AUTO_TEST_CASE(float32_does_not_overpromise) {
  const Tensor m = random_matrix(40, 1e-5, Rng(8)).to(at::kFloat), b = Rng(9).normal({40}, {});
  const SolveSummary found = solve(m, b, {.tolerance = 1e-12, .max_iterations = 300});
  const Tensor exact = b.to(at::kDouble) - at::matmul(m.to(at::kDouble), found.x.to(at::kDouble));
  BOOST_TEST((found.why == Why::iteration_limit));
  BOOST_TEST(std::abs(found.residual - l2_norm(exact) / l2_norm(b)) < 1e-4);
}

BOOST_AUTO_TEST_SUITE_END()
