#include "solvers/box_projection.hpp"

#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

#include "dense_projection.hpp"

BOOST_AUTO_TEST_SUITE(box_projection)

using namespace lvtino;
using Vector = BoxProjection3::Vector;
using Matrix = BoxProjection3::Matrix;

namespace {

// W = (M M')^-1 of a random, possibly skewed M.
struct Drawn {
  dense::Matrix m;
  Matrix w;
  Vector c0, lower, upper;
};

Drawn draw(int k) {
  const Tensor numbers = Rng(1).fork("box", k).uniform({18}, dense::kExact);
  const double* at = numbers.const_data_ptr<double>();
  Drawn out;
  out.m = dense::Matrix::Zero(3, 3);
  for (int i = 0; i < 9; ++i) out.m(i / 3, i % 3) = 2 * at[i] - 1 + 0.8 * double(i % 4 == 0);
  const dense::Matrix w = (out.m * out.m.transpose()).inverse();
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) out.w[i][j] = w(Eigen::Index(i), Eigen::Index(j));
    const double centre = 4 * at[9 + i] - 2, half = at[12 + i];
    out.lower[i] = centre - half, out.upper[i] = centre + half, out.c0[i] = 4 * at[15 + i] - 2;
  }
  return out;
}

double distance(const Matrix& w, const Vector& a, const Vector& b) {
  double sum = 0;
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) sum += (a[i] - b[i]) * w[i][j] * (a[j] - b[j]);
  return sum;
}

// Stationarity: W (c - c0) is 0 where free, not negative at a lower, not positive at an upper bound.
double kkt_error(const Drawn& d, const Vector& c) {
  const BoxProjection3 box(d.w);
  Vector step;
  for (std::size_t i = 0; i < 3; ++i) step[i] = c[i] - d.c0[i];
  const Vector slope = box.weighted(step);
  double scale = 1, worst = 0;
  for (const auto& row : d.w)
    for (double value : row) scale = std::max(scale, std::abs(value));
  for (std::size_t i = 0; i < 3; ++i) {
    double error = std::abs(slope[i]);
    if (c[i] == d.lower[i]) error = std::max(0.0, -slope[i]);
    if (c[i] == d.upper[i]) error = std::max(0.0, slope[i]);
    worst = std::max({worst, error / scale, d.lower[i] - c[i], c[i] - d.upper[i]});
  }
  return worst;
}

}  // namespace

BOOST_AUTO_TEST_CASE(stationary_and_equal_to_coordinate_ascent) {
  int faces[4] = {}, compared = 0;
  for (int k = 0; k < 3000; ++k) {
    const Drawn d = draw(k);
    const Vector c = BoxProjection3(d.w).project(d.c0, d.lower, d.upper);
    BOOST_TEST(kkt_error(d, c) < 1e-11);
    int at_bounds = 0;
    for (std::size_t i = 0; i < 3; ++i) at_bounds += c[i] == d.lower[i] || c[i] == d.upper[i];
    ++faces[at_bounds];
    const double condition = d.m.norm() * d.m.inverse().norm();
    if (k % 10 || condition > 30) continue;  // coordinates are slow where axes nearly coincide
    ++compared;
    // In the variables x = M^-1 c the metric is Euclidean.
    const dense::Vector c0 = Eigen::Map<const dense::Vector>(d.c0.data(), 3);
    const dense::Vector x = dense::project_by_coordinates(
        d.m, Eigen::Map<const dense::Vector>(d.lower.data(), 3),
        Eigen::Map<const dense::Vector>(d.upper.data(), 3), d.m.inverse() * c0);
    const dense::Vector expected = d.m * x;
    const Vector other = {expected[0], expected[1], expected[2]};
    BOOST_TEST(std::sqrt(distance(d.w, c, other)) < 1e-10 * condition * condition);
  }
  BOOST_TEST(compared > 100);
  for (int count : faces) BOOST_TEST(count > 30);  // inside, faces, edges and vertices all occur
}

// Clipping each variable by itself, as if the axes were orthogonal, is not the projection.
BOOST_AUTO_TEST_CASE(planted_clipping_is_caught) {
  int caught = 0;
  for (int k = 0; k < 100; ++k) {
    const Drawn d = draw(k);
    Vector clipped;
    for (std::size_t i = 0; i < 3; ++i) clipped[i] = std::clamp(d.c0[i], d.lower[i], d.upper[i]);
    caught += kkt_error(d, clipped) > 1e-6;
  }
  BOOST_TEST(caught > 40);
}

BOOST_AUTO_TEST_CASE(points_inside_stay) {
  const Drawn d = draw(1);
  const Vector middle = {(d.lower[0] + d.upper[0]) / 2, d.lower[1], d.upper[2]};
  BOOST_TEST((BoxProjection3(d.w).project(middle, d.lower, d.upper) == middle));
}

BOOST_AUTO_TEST_CASE(open_sides_and_points) {
  constexpr double inf = std::numeric_limits<double>::infinity();
  for (int k = 0; k < 300; ++k) {
    Drawn d = draw(k);
    d.lower[std::size_t(k) % 3] = -inf;
    d.upper[std::size_t(k / 3) % 3] = inf;
    BOOST_TEST(kkt_error(d, BoxProjection3(d.w).project(d.c0, d.lower, d.upper)) < 1e-11);
    d = draw(k);
    d.upper = d.lower;  // one point
    BOOST_TEST((BoxProjection3(d.w).project(d.c0, d.lower, d.upper) == d.lower));
  }
}

BOOST_AUTO_TEST_SUITE_END()
