#include "validation/derivative_laws.hpp"

#include <cmath>
#include <limits>

#include "lvtino/core/error.hpp"
#include "validation/law_bounds.hpp"

namespace lvtino {
namespace {

Tensor direction(const ForwardModel& f, const Rng& rng, const char* label) {
  return rng.fork(label).normal(f.domain(), f.placement());
}

// 0 where both are 0, as in a picture that is saturated all over.
double relative_distance(const Tensor& a, const Tensor& b, double scale) {
  return scale > 0 ? std::sqrt(squared_distance(a, b)) / scale : 0;
}

LawReport report(const ForwardModel& f, const char* law, double residual, double bound) {
  return judged(f.name(), law, residual, bound,
                text("domain ", to_string(f.domain()), ", ", to_string(f.placement())));
}

}  // namespace

LawReport derivative_by_differences(const ForwardModel& f, const Tensor& x, const Rng& rng) {
  if (f.placement().dtype != at::kDouble)
    throw PlacementError(text("finite differences of ", f.name(), ": expected float64, got ",
                              to_string(f.placement())));
  const Tensor v = direction(f, rng, "v"), jv = f.derivative(x, v);
  double best = std::numeric_limits<double>::infinity();
  for (const double h : {1e-6, 1e-7, 3e-8}) {
    const Tensor slope = (f.apply(x + v * h) - f.apply(x - v * h)) / (2 * h);
    best = std::min(best, relative_distance(slope, jv, l2_norm(slope) + l2_norm(jv)));
  }
  return report(f, "derivative by differences", best, LawBounds::difference);
}

LawReport derivative_adjointness(const ForwardModel& f, const Tensor& x, const Rng& rng) {
  const Tensor v = direction(f, rng, "v"), w = rng.fork("w").normal(f.range(), f.placement());
  const Tensor jv = f.derivative(x, v), jw = f.adjoint_derivative(x, w);
  const double scale = l2_norm(jv) * l2_norm(w) + l2_norm(v) * l2_norm(jw);
  const double difference = std::abs(inner_product(jv, w) - inner_product(v, jw));
  return report(f, "adjoint derivative", scale > 0 ? difference / scale : difference,
                LawBounds::of(f.placement().dtype).adjoint);
}

LawReport derivative_linearity(const ForwardModel& f, const Tensor& x, const Rng& rng) {
  const Tensor v = direction(f, rng, "v"), w = direction(f, rng, "v2");
  const Tensor jv = f.derivative(x, v), jw = f.derivative(x, w);
  return report(f, "linear derivative",
                relative_distance(f.derivative(x, v * 1.25 - w * 0.75), jv * 1.25 - jw * 0.75,
                                  1.25 * l2_norm(jv) + 0.75 * l2_norm(jw)),
                LawBounds::of(f.placement().dtype).linearity);
}

std::vector<LawReport> derivative_laws(const ForwardModel& f, const Tensor& x, const Rng& rng) {
  return {derivative_by_differences(f, x, rng), derivative_adjointness(f, x, rng),
          derivative_linearity(f, x, rng)};
}

}  // namespace lvtino
