#include "validation/gamma_sweep.hpp"

#include <cmath>

#include "lvtino/core/error.hpp"
#include "validation/law_bounds.hpp"
#include "validation/prox_laws.hpp"

namespace lvtino {
namespace {

std::string subject_of(const DataProx& data) { return text("data prox of ", data.name()); }

// The worst of the reports under the name of the sweep.
LawReport worst(const std::string& subject, const char* law,
                const std::vector<LawReport>& reports) {
  WorstLaws sweep;
  for (LawReport report : reports) {
    report.law = law;
    sweep.add(subject, std::move(report));
  }
  return sweep.rows().front();
}

}  // namespace

std::vector<double> twelve_decades(double centre) {
  std::vector<double> out;
  for (int k = -6; k <= 6; ++k) out.push_back(centre * std::pow(10.0, k));
  return out;
}

double balanced_step(const DataProx& data, const Rng& rng) {
  const auto& [a, y, sigma] = data.measurement();
  double squared = data.exact() ? data.factors()->largest() : 0;
  if (!data.exact()) {
    const Tensor x = rng.normal(a->domain(), a->placement());
    squared = l2_norm(a->adjoint(a->apply(x))) / l2_norm(x);
  }
  return sigma * sigma / (squared > 0 ? squared : 1);
}

LawReport stationarity_sweep(const DataProx& data, const Prox& prox, const Tensor& v) {
  std::vector<LawReport> reports;
  for (const double gamma : twelve_decades(balanced_step(data, Rng(0))))
    reports.push_back(data_prox_stationarity(data, prox, v, gamma));
  return worst(subject_of(data), "stationarity over 12 decades", reports);
}

LawReport path_sweep(const DataProx& data, const Prox& prox, const Tensor& v) {
  const double slope = l2_norm(data.gradient(v)), size = l2_norm(v), start = data.value(v);
  const double bound = LawBounds::of(v.scalar_type()).agreement;
  double moved = 0, misfit = start;
  std::vector<LawReport> reports;
  for (const double gamma : twelve_decades(balanced_step(data, Rng(0)))) {
    const Tensor p = prox.solve(v, gamma).x;
    const double distance = std::sqrt(squared_distance(p, v)), value = data.value(p);
    const double wrong = std::max({(moved - distance) / size, (distance - gamma * slope) / size,
                                   start > 0 ? (value - misfit) / start : 0, 0.0});
    reports.push_back(
        judged(subject_of(data), "", wrong, bound, text("gamma ", gamma, ", ", describe(v))));
    moved = distance, misfit = value;
  }
  return worst(subject_of(data), "path over 12 decades", reports);
}

LawReport certificate_sweep(const JointProx& prox, const Tensor& u, double centre, const Rng& rng) {
  std::vector<LawReport> reports;
  for (const double gamma : twelve_decades(centre))
    reports.push_back(joint_prox_certificate(prox, u, gamma, rng));
  return worst(reports.front().subject, "certificate over 12 decades", reports);
}

}  // namespace lvtino
