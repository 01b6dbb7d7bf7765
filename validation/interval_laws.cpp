#include "validation/interval_laws.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"
#include "validation/law_bounds.hpp"
#include "validation/prox_laws.hpp"

namespace lvtino {
namespace {

LawReport report(const std::string& subject, const char* law, double residual, double bound,
                 const Tensor& v) {
  return {.subject = subject,
          .law = law,
          .residual = residual,
          .bound = bound,
          .passed = residual <= bound,
          .witness = describe(v)};
}

std::string subject_of(const IntervalTerm& term) { return text("intervals of ", term.name()); }

Tensor moved(const Tensor& v, const Rng& rng, double spread) {
  return v + rng.normal(shape_of(v), placement_of(v)) * spread;
}

// What an iterated projection leaves undone moves its result by about the root of its gap.
double bound_of(const IntervalProjector& projector, const Tensor& v) {
  const double agreement = LawBounds::of(v.scalar_type()).agreement;
  return projector.exact() ? agreement : std::max(agreement, LawBounds::iterated_projection);
}

}  // namespace

LawReport feasible_projection(const IntervalTerm& term, const Tensor& v, const Rng& rng) {
  const IntervalProjector& p = term.projector();
  double worst = 0;
  for (const double spread : {0.0, 0.1, 1.0})
    worst = std::max(worst, p.intervals().violation(p.project(moved(v, rng.fork("feasible"), spread)).summary.x));
  return report(subject_of(term), "feasible projection", worst, term.allowed(), v);
}

LawReport idempotence(const IntervalProjector& projector, const std::string& subject, const Tensor& v) {
  const Tensor once = projector.project(v).summary.x, twice = projector.project(once).summary.x;
  return report(subject, "idempotence", std::sqrt(squared_distance(once, twice)) / l2_norm(once),
                bound_of(projector, v), v);
}

LawReport moreau_envelope(const IntervalTerm& term, const Tensor& v, double gamma) {
  const Tensor p = term.solve(v, gamma).x;
  const double objective = term.value(p) + squared_distance(p, v) / (2 * gamma);
  const double bound = term.envelope_lower_bound(v, gamma);
  const double difference = (objective - bound) / std::max(std::abs(objective), 1e-300);
  return report(subject_of(term), "Moreau envelope", std::abs(difference),
                10 * bound_of(term.projector(), v), v);
}

std::vector<LawReport> interval_laws(const IntervalTerm& term, const JointProx& joint, double gamma,
                                     const Rng& rng) {
  const LinearOperator& a = *term.projector().intervals().op;
  const Tensor v = rng.fork("v").normal(a.domain(), a.placement()) * 0.2 + 0.5;
  const Tensor w = rng.fork("w").normal(a.domain(), a.placement()) * 0.2 + 0.5;
  const std::string subject = subject_of(term);
  LawReport firm = firm_nonexpansiveness(term, subject, v, w, gamma);
  if (!term.projector().exact()) {
    firm.bound = std::max(firm.bound, LawBounds::iterated_projection);
    firm.passed = firm.residual <= firm.bound;
  }
  return {feasible_projection(term, v, rng),
          idempotence(term.projector(), subject, v),
          moreau_envelope(term, v, gamma),
          firm,
          joint_prox_certificate(joint, v, gamma, rng)};
}

}  // namespace lvtino
