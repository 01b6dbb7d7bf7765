#include "solvers/tv_line.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>

#include "dense.hpp"
#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(tv_line)

using namespace lvtino;
using Line = std::vector<double>;

namespace {

/// The largest violation of the conditions of optimality, which are sufficient: with
/// q_i = sum_{j <= i} (x_j - y_j), |q| <= lambda, q_i = lambda sign(x[i+1] - x[i]) at a jump, q_n = 0.
double violation(const Line& y, double lambda, const Line& x) {
  double q = 0, worst = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    q += x[i] - y[i];
    const double jump = i + 1 < y.size() ? x[i + 1] - x[i] : 0;
    if (i + 1 == y.size()) worst = std::max(worst, std::abs(q));
    else worst = std::max(worst, std::abs(q) - lambda);
    if (std::abs(jump) > 1e-9) worst = std::max(worst, std::abs(q - std::copysign(lambda, jump)));
  }
  return worst;
}

/// min 1/2 |y - D'q|^2, |q| <= lambda, a dense quadratic programme on the box by cyclic exact
/// coordinate steps; x = y - D'q.
Line dense_solution(const Line& y, double lambda) {
  const std::size_t n = y.size();
  Line q(n - 1, 0.0), x = y;
  for (int sweep = 0; sweep < 200000; ++sweep) {
    double moved = 0;
    for (std::size_t i = 0; i + 1 < n; ++i) {
      const double next = std::clamp(q[i] + (x[i + 1] - x[i]) / 2, -lambda, lambda), step = next - q[i];
      q[i] = next;
      x[i] += step, x[i + 1] -= step;
      moved = std::max(moved, std::abs(step));
    }
    if (moved < 1e-15) break;
  }
  return x;
}

Line random_line(std::size_t n, std::uint64_t seed) {
  const Tensor t = Rng(seed).normal({std::int64_t(n)}, dense::kExact);
  return Line(t.const_data_ptr<double>(), t.const_data_ptr<double>() + n);
}

double difference(const Line& a, const Line& b) {
  double out = 0;
  for (std::size_t i = 0; i < a.size(); ++i) out = std::max(out, std::abs(a[i] - b[i]));
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(by_hand) {
  BOOST_TEST(difference(tv_denoised_line({0, 10}, 1), {1, 9}) < 1e-14);
  BOOST_TEST(difference(tv_denoised_line({0, 10}, 7), {5, 5}) < 1e-14);
  BOOST_TEST(difference(tv_denoised_line({0, 3, 0}, 1), {1, 1, 1}) < 1e-14);
  BOOST_TEST(difference(tv_denoised_line({0, 6, 0}, 1), {1, 4, 1}) < 1e-14);
  BOOST_TEST(difference(tv_denoised_line({1, 2, 3, 4}, 0.5), {1.5, 2, 3, 3.5}) < 1e-14);
  BOOST_TEST(difference(tv_denoised_line({5}, 3), {5}) == 0);
  BOOST_TEST(difference(tv_denoised_line({1, -2, 4}, 0), {1, -2, 4}) == 0);
  BOOST_CHECK_THROW(tv_denoised_line({1, 2}, -1), NumericalError);
}

BOOST_AUTO_TEST_CASE(against_a_dense_quadratic_programme) {
  for (std::size_t n = 2; n <= 32; n += 3)
    for (const double lambda : {0.01, 0.3, 1.0, 4.0, 100.0}) {
      const Line y = random_line(n, n);
      BOOST_TEST(difference(tv_denoised_line(y, lambda), dense_solution(y, lambda)) < 1e-10);
    }
}

BOOST_AUTO_TEST_CASE(optimal_on_long_lines) {
  for (const std::size_t n : {100u, 5000u})
    for (const double lambda : {1e-3, 0.5, 20.0}) {
      const Line y = random_line(n, n + 7);
      const Line x = tv_denoised_line(y, lambda);
      BOOST_TEST(violation(y, lambda, x) < 1e-9);
      Line wrong = x;  // the check can fail
      wrong[n / 2] += 1e-6;
      BOOST_TEST(violation(y, lambda, wrong) > 1e-7);
    }
}

BOOST_AUTO_TEST_CASE(along_every_axis) {
  const Tensor x = Rng(3).normal({2, 1, 4, 5, 6}, dense::kExact);
  for (std::int64_t axis = 0; axis < 5; ++axis) {
    const Tensor out = tv_denoised_axis(x, axis, 0.4);
    BOOST_TEST(out.sizes() == x.sizes());
    BOOST_TEST(out.is_contiguous());
    const Tensor line = x.movedim(axis, -1).reshape({-1, x.size(axis)})[1].contiguous();
    const Line expected = tv_denoised_line(
        Line(line.const_data_ptr<double>(), line.const_data_ptr<double>() + line.numel()), 0.4);
    const Tensor found = out.movedim(axis, -1).reshape({-1, x.size(axis)})[1].contiguous();
    BOOST_TEST(difference(expected, Line(found.const_data_ptr<double>(),
                                         found.const_data_ptr<double>() + found.numel())) == 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()
