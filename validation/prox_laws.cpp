#include "validation/prox_laws.hpp"

#include <cmath>
#include <limits>

#include "lvtino/core/error.hpp"
#include "validation/law_bounds.hpp"

namespace lvtino {
namespace {

LawReport report(const std::string& subject, const char* law, double residual, double bound,
                 const Tensor& v, double gamma) {
  return {.subject = subject,
          .law = law,
          .residual = residual,
          .bound = bound,
          .passed = residual <= bound,
          .witness = text("gamma ", gamma, ", ", describe(v))};
}

std::string subject_of(const DataProx& prox) {
  return text("data prox of ", prox.measurement().op->name());
}

double rounding_of(at::ScalarType dtype) {
  return dtype == at::kDouble ? std::numeric_limits<double>::epsilon()
                              : double(std::numeric_limits<float>::epsilon());
}

// With factors, rounding times the condition of the system. Conjugate gradients stop at a relative
// residual of the normal equations, which is what stationarity measures.
double stationarity_bound(const DataProx& data, const Tensor& v, double gamma) {
  const double bound = LawBounds::of(v.scalar_type()).stationarity;
  if (!data.exact()) return std::max(bound, data.fallback().tolerance);
  const double s2 = data.measurement().sigma * data.measurement().sigma;
  const double condition =
      (s2 + gamma * data.factors()->largest()) / (s2 + gamma * data.factors()->smallest());
  return std::max(bound, 16 * rounding_of(v.scalar_type()) * condition);
}

double largest_dual(const TotalVariation& tv, const TvDual& q) {
  Tensor square, greatest;
  for (const Tensor& field : {q.h, q.v, q.t}) {
    if (!field.defined()) continue;
    square = square.defined() ? square + field.square() : field.square();
    greatest = greatest.defined() ? at::maximum(greatest, field.square()) : field.square();
  }
  if (!square.defined()) return 0;
  return std::sqrt((tv.weights().isotropic ? square : greatest).max().item<double>());
}

}  // namespace

LawReport data_prox_stationarity(const DataProx& prox, const Tensor& v, double gamma) {
  return data_prox_stationarity(prox, prox, v, gamma);
}

LawReport data_prox_stationarity(const DataProx& data, const Prox& prox, const Tensor& v, double gamma) {
  const double residual = data.stationarity(prox.solve(v, gamma).x, v, gamma);
  return report(subject_of(data), "stationarity", residual, stationarity_bound(data, v, gamma), v, gamma);
}

LawReport data_prox_in_place(const DataProx& prox, const Tensor& v, double gamma) {
  Tensor over = v.clone();
  prox.solve_in_place(over, gamma);
  const Tensor beside = prox.solve(v, gamma).x;
  return report(subject_of(prox), "in place", std::sqrt(squared_distance(over, beside)) / l2_norm(beside),
                LawBounds::of(v.scalar_type()).agreement, v, gamma);
}

LawReport envelope_value(const DataProx& prox, const Tensor& w, double gamma) {
  const Tensor p = prox.solve(w, gamma).x;
  const double objective = prox.value(p) + squared_distance(p, w) / (2 * gamma);
  const double bound = prox.envelope_lower_bound(w, gamma);
  const double difference = (objective - bound) / std::max(std::abs(objective), 1e-300);
  return report(subject_of(prox), "Moreau envelope", prox.exact() ? std::abs(difference) : std::max(0.0, -difference),
                LawBounds::of(w.scalar_type()).agreement * 10, w, gamma);
}

LawReport firm_nonexpansiveness(const Prox& prox, const std::string& subject, const Tensor& v,
                                const Tensor& w, double gamma) {
  const Tensor p = prox.solve(v, gamma).x - prox.solve(w, gamma).x, d = v - w;
  const double excess = inner_product(p, p) - inner_product(p, d);
  return report(subject, "firm non-expansiveness", std::max(0.0, excess) / inner_product(d, d),
                LawBounds::of(v.scalar_type()).nonexpansive, v, gamma);
}

LawReport joint_prox_certificate(const JointProx& prox, const Tensor& u, double gamma, const Rng& rng) {
  return joint_prox_certificate(prox, prox.solve_from(u, gamma), u, gamma, rng);
}

LawReport joint_prox_certificate(const JointProx& prox, const JointSolution& solution, const Tensor& u,
                                 double gamma, const Rng& rng) {
  const std::string subject = text("joint prox", prox.data() ? " of " + prox.data()->name() : "");
  LawReport out = report(subject, "certified duality gap", solution.summary.residual,
                         prox.options().tolerance, u, gamma);
  out.passed = out.passed && solution.summary.ok();
  if (solution.summary.why == SolveSummary::Why::exact) return out;
  const JointSolution again = prox.certify(solution.summary.x, solution.dual, u, gamma);
  const double slack = 10 * LawBounds::of(u.scalar_type()).agreement * std::abs(again.primal);
  const double ball = largest_dual(prox.variation(), solution.dual) - 1;
  const double shift = std::sqrt(squared_distance(solution.summary.x, u) / double(u.numel())) + 1e-3;
  double lowest = again.primal;
  for (int k = 0; k < 4; ++k) {
    const Tensor x = solution.summary.x +
                     rng.fork("perturbation", k).normal(shape_of(u), placement_of(u)) * (shift * std::pow(0.1, k));
    lowest = std::min(lowest, prox.value(x) + squared_distance(x, u) / (2 * gamma));
  }
  out.residual = std::max(out.residual, again.summary.residual);
  out.passed = out.passed && out.residual <= out.bound && ball <= 1e-5 && lowest >= again.lower - slack;
  out.witness += text("; P ", again.primal, ", D ", again.lower, ", perturbed P ", lowest, ", |q| - 1 ",
                      ball, ", ", solution.summary.iterations, " iterations");
  return out;
}

std::vector<LawReport> prox_laws(const DataProx& data, const JointProx& joint, double gamma,
                                 const Rng& rng) {
  const Shape& shape = data.measurement().op->domain();
  const Placement& placement = data.measurement().op->placement();
  const Tensor v = rng.fork("v").normal(shape, placement) * 0.2 + 0.5;
  const Tensor w = rng.fork("w").normal(shape, placement) * 0.2 + 0.5;
  std::vector<LawReport> reports;
  for (double factor : {1e-3, 1.0, 1e3})
    reports.push_back(data_prox_stationarity(data, v, gamma * factor));
  reports.push_back(data_prox_in_place(data, v, gamma));
  reports.push_back(envelope_value(data, v, gamma));
  reports.push_back(firm_nonexpansiveness(data, subject_of(data), v, w, gamma));
  reports.push_back(joint_prox_certificate(joint, v, gamma, rng));
  return reports;
}

}  // namespace lvtino
