#include "validation/composition_laws.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"
#include "operators/composed_operator.hpp"
#include "solvers/data_prox.hpp"
#include "validation/law_bounds.hpp"

namespace lvtino {
namespace {

using Map = std::function<Tensor(const Tensor&)>;

// The largest distance of two maps at a drawn operand, relative to its size and that of the
// results.
double distance(const Map& f, const Map& g, const Shape& shape, const Placement& placement,
                const Rng& rng) {
  const Tensor x = rng.normal(shape, placement), fx = f(x), gx = g(x);
  if (fx.sizes() != gx.sizes()) return INFINITY;
  return std::sqrt(squared_distance(fx, gx)) / (l2_norm(fx) + l2_norm(x));
}

double distance(const LinearOperator& a, const Map& apply, const Map& adjoint, const Rng& rng) {
  const auto own = [&](const Tensor& x) { return a.apply(x); };
  const auto own_adjoint = [&](const Tensor& y) { return a.adjoint(y); };
  return std::max(distance(own, apply, a.domain(), a.placement(), rng.fork("x")),
                  distance(own_adjoint, adjoint, a.range(), a.placement(), rng.fork("y")));
}

LawReport report(const LinearOperator& a, const char* law, double residual) {
  return judged(a.name(), law, residual, LawBounds::of(a.placement().dtype).linearity,
                text("domain ", to_string(a.domain()), ", ", to_string(a.placement())));
}

}  // namespace

LawReport composition(const LinearOperator& whole, const std::vector<OperatorPtr>& stages,
                      const Rng& rng) {
  const auto forward = [&](Tensor x) {
    for (const OperatorPtr& stage : stages) x = stage->apply(x);
    return x;
  };
  const auto backward = [&](Tensor y) {
    for (auto stage = stages.rbegin(); stage != stages.rend(); ++stage) y = (*stage)->adjoint(y);
    return y;
  };
  return report(whole, "composition", distance(whole, forward, backward, rng));
}

LawReport associativity(const std::vector<OperatorPtr>& stages, const Rng& rng) {
  const OperatorPtr whole = compose(stages);
  double worst = 0;
  for (std::size_t cut = 1; cut < stages.size(); ++cut) {
    const auto middle = stages.begin() + std::ptrdiff_t(cut);
    const OperatorPtr nested =
        compose({compose({stages.begin(), middle}), compose({middle, stages.end()})});
    worst = std::max(worst, distance(
                                *whole, [&](const Tensor& x) { return nested->apply(x); },
                                [&](const Tensor& y) { return nested->adjoint(y); }, rng));
  }
  return report(*whole, "associativity", worst);
}

LawReport stacking(const StackOperator& stack, const Rng& rng) {
  const auto together = [&](const Tensor& x) {
    std::vector<Tensor> values;
    for (const OperatorPtr& part : stack.parts())
      values.push_back(part->apply(x).reshape({x.size(0), -1}));
    return at::cat(values, 1).reshape(stack.range());
  };
  const auto summed = [&](const Tensor& y) {
    const std::vector<Tensor> parts = stack.split(y);
    Tensor out = at::zeros(stack.domain(), stack.placement().options());
    for (std::size_t p = 0; p < parts.size(); ++p) out.add_(stack.parts()[p]->adjoint(parts[p]));
    return out;
  };
  return report(stack, "stacking", distance(stack, together, summed, rng));
}

LawReport repeated_measurement(const OperatorPtr& a, double sigma, double gamma, const Rng& rng) {
  const bool fine = a->placement().dtype == at::kDouble;
  const ConjugateGradientOptions fallback{.tolerance = fine ? 1e-12 : 1e-6, .max_iterations = 3000};
  const Tensor x = rng.fork("x").uniform(a->domain(), a->placement());
  const auto twice = std::make_shared<StackOperator>(std::vector<OperatorPtr>{a, a});
  const Measurement both = simulate(twice, x, sigma, rng.fork("noise"));
  const std::vector<Tensor> y = twice->split(both.y);
  const DataProx stacked(both, fallback);
  const DataProx mean(Measurement(a, ((y[0] + y[1]) / 2).contiguous(), sigma / std::sqrt(2.0)),
                      fallback);
  const Tensor v = rng.fork("v").normal(a->domain(), a->placement()) * 0.2 + 0.5;
  const Tensor p = stacked.solve(v, gamma).x, q = mean.solve(v, gamma).x;
  return judged(a->name(), "repeated measurement", std::sqrt(squared_distance(p, q)) / l2_norm(q),
                LawBounds::of(a->placement().dtype).agreement,
                text("sigma ", sigma, ", gamma ", gamma, ", ", describe(v)));
}

}  // namespace lvtino
