#include "validation/method_laws.hpp"

#include <cmath>
#include <limits>

#include "lvtino/core/error.hpp"
#include "solvers/joint_certificate.hpp"
#include "solvers/lsmr.hpp"
#include "validation/law_bounds.hpp"
#include "validation/prox_laws.hpp"

namespace lvtino {
namespace {

double rounding_of(const Tensor& v) {
  return v.scalar_type() == at::kDouble ? std::numeric_limits<double>::epsilon()
                                        : double(std::numeric_limits<float>::epsilon());
}

// How far the minimiser may be from what a certified gap was found for: P is 1/gamma-strongly
// convex. A gap below the rounding of P and D says no more than that.
double radius(const JointSolution& solution, const Tensor& u, double gamma) {
  const double least =
      16 * rounding_of(u) * std::max(std::abs(solution.primal), std::abs(solution.lower));
  return std::sqrt(2 * gamma * std::max(least, solution.primal - solution.lower));
}

std::string subject_of(const DataTerm* data) {
  return text("joint prox", data ? " of " + data->name() : "");
}

LawReport within_radii(const std::string& subject, const char* law, const Tensor& x,
                       const Tensor& other, double radii, const Tensor& u, double gamma) {
  const double size = l2_norm(u);
  return judged(subject, law, std::sqrt(squared_distance(x, other)) / size,
                radii / size + LawBounds::of(u.scalar_type()).agreement,
                text("gamma ", gamma, ", ", describe(u)));
}

// Smoothing makes at most mu/3.3 a voxel of the gap: half of what is asked for. Adam moves a voxel
// by about the rate at a time: it is to arrive in a quarter of the iterations, and to tremble by
// less than the smoothing.
JointProxOptions adam_options(JointProxOptions options, const TotalVariation& tv, double tolerance,
                              const JointSolution& reference, const Tensor& u) {
  const auto& weights = tv.weights();
  const double mu = 1.5 * tolerance * reference.primal / double(u.numel());
  const double way = (reference.summary.x - u).abs().max().item<double>();
  options.method = JointMethod::adam;
  options.tolerance = tolerance;
  options.adam.smoothing = std::max(mu / std::max({weights.h, weights.v, weights.t}), 1e-12);
  options.adam.learning_rate =
      std::max(options.adam.smoothing / 10, 4 * way / options.max_iterations);
  return options;
}

}  // namespace

LawReport moreau_identity(const DataProx& data, const Prox& prox, const Tensor& v, double gamma) {
  const auto& [op, y, sigma] = data.measurement();
  const LinearOperator& a = *op;
  const double s2 = sigma * sigma,
               norm = data.exact() ? std::sqrt(data.factors()->largest()) : estimated_norm(a);
  const bool fine = v.scalar_type() == at::kDouble;
  const auto system = [&](const Tensor& w) {
    return a.apply(a.adjoint(w)).mul_(gamma).add_(w, s2);
  };
  const Tensor right = a.apply(v).sub_(y);
  const SolveSummary w =
      conjugate_gradient(system, right, at::zeros_like(right),
                         {.tolerance = fine ? 1e-14 : 1e-6, .max_iterations = 1000});
  const Tensor sum = a.adjoint_add(prox.solve(v, gamma).x, gamma, w.x);
  const double condition = 1 + gamma * norm * norm / s2;
  const double solved = std::max(w.residual, data.exact() ? 0 : data.fallback().tolerance);
  return judged(
      text("data prox of ", data.name()), "Moreau identity",
      std::sqrt(squared_distance(sum, v)) / l2_norm(v),
      LawBounds::of(v.scalar_type()).agreement + (16 * rounding_of(v) + solved) * condition,
      text("gamma ", gamma, ", ", w.iterations, " iterations, ", describe(v)));
}

LawReport moreau_identity(const JointProx& prox, const JointSolution& one,
                          const JointSolution& other, const Tensor& u, double gamma) {
  // u - gamma z of the dual field: the prox of g at u - gamma K'q.
  Tensor x = at::empty_like(u);
  primal_of_dual({.data = prox.data(), .tv = prox.variation(), .u = u, .gamma = gamma}, other.dual,
                 x);
  return within_radii(subject_of(prox.data()), "Moreau identity", one.summary.x, x,
                      radius(one, u, gamma) + radius(other, u, gamma), u, gamma);
}

LawReport agreement(const JointSolution& one, const JointSolution& other,
                    const std::string& subject, const Tensor& u, double gamma) {
  return within_radii(subject, "agreement of methods", one.summary.x, other.summary.x,
                      radius(one, u, gamma) + radius(other, u, gamma), u, gamma);
}

std::vector<LawReport> joint_method_laws(const std::shared_ptr<const DataTerm>& data,
                                         const TotalVariation& tv, const JointProxOptions& options,
                                         double adam_tolerance, const Tensor& u, double gamma,
                                         const Rng& rng) {
  std::vector<LawReport> out;
  JointSolution reference;
  for (const std::string& name : joint_method_names()) {
    JointProxOptions own = options;
    own.method = joint_method(name);
    if (own.method == JointMethod::adam) own = adam_options(own, tv, adam_tolerance, reference, u);
    const JointProx prox(data, tv, own);
    JointSolution found = prox.solve_from(u, gamma);
    const auto entered = [&](LawReport law) {
      law.subject = text(subject_of(data.get()), ", ", name);
      out.push_back(std::move(law));
    };
    entered(joint_prox_certificate(prox, found, u, gamma, rng));
    if (found.summary.why == SolveSummary::Why::exact)
      return out;  // nothing varies: no method was asked
    if (reference.summary.x.defined()) {
      entered(agreement(reference, found, "", u, gamma));
      entered(moreau_identity(prox, reference, found, u, gamma));
      entered(moreau_identity(prox, found, reference, u, gamma));
    } else {
      reference = std::move(found);
    }
  }
  return out;
}

}  // namespace lvtino
