#pragma once

#include "operators/measurement.hpp"
#include "solvers/conjugate_gradient.hpp"
#include "solvers/data_term.hpp"

namespace lvtino {

/// What stands in for exact factors where an operator has none.
enum class DataFallback { conjugate_gradient, lsmr };

/// Prox of the data term g(x) = |A x - y|^2 / (2 sigma^2):
/// p = argmin_x g(x) + |x - v|^2 / (2 gamma).
///
/// With exact factors in closed form,
///   range side,  A A' = W diag(d) W':  p = v + gamma A' W [(sigma^2 + gamma d)^-1 W'(y - A v)]
///   domain side, A'A = V diag(d) V':   p = v + gamma V [(sigma^2 + gamma d)^-1 V' A'(y - A v)]
/// otherwise by conjugate gradients on (sigma^2/gamma + A'A) p = A'y + (sigma^2/gamma) v from v, or by LSMR
/// on min_d |A d - (y - A v)|^2 + (sigma^2/gamma) |d|^2, p = v + d: the same residual relative to the same
/// |A'y + (sigma^2/gamma) v|.
class DataProx final : public DataTerm {
 public:
  explicit DataProx(Measurement measurement, ConjugateGradientOptions fallback = {},
                    DataFallback method = DataFallback::conjugate_gradient);

  const Measurement& measurement() const { return measurement_; }
  /// Null where the operator has none.
  const GramFactors* factors() const { return factors_.get(); }
  bool exact() const { return factors_ != nullptr; }
  /// What conjugate gradients or LSMR are asked for where there are no factors.
  const ConjugateGradientOptions& fallback() const { return fallback_; }

  const std::string& name() const override { return measurement_.op->name(); }
  const Shape& domain() const override { return measurement_.op->domain(); }

  /// g(x).
  double value(const Tensor& x) const override;

  /// Replaces v by its prox without another video in memory (range-side factors; else as `solve`).
  SolveSummary solve_in_place(Tensor& v, double gamma) const override;

  /// A certified lower bound of min_x g(x) + |x - w|^2 / (2 gamma), the Moreau envelope at w:
  /// its value 1/2 <r, (sigma^2 + gamma A A')^-1 r>, r = y - A w, with factors; without, the value at
  /// an approximate minimiser less gamma/2 times its squared gradient (strong convexity).
  double envelope_lower_bound(const Tensor& w, double gamma) const override;

  /// A'(A x - y) / sigma^2.
  Tensor gradient(const Tensor& x) const override;

  /// Of a separable operator, which treats every channel alike; else null.
  std::shared_ptr<const DataTerm> slice(std::int64_t sample, std::int64_t channel) const override;

  /// |A x - y| / (sigma sqrt(m)).
  double misfit(const Tensor& x) const override { return relative_residual(measurement_, x); }

  /// |grad| of the objective at p over |A'y|/sigma^2 + |v|/gamma: 0 at the minimiser.
  double stationarity(const Tensor& p, const Tensor& v, double gamma) const;

 private:
  SolveSummary do_solve(const Tensor& v, double gamma) const override;
  SolveSummary solve_by_conjugate_gradient(const Tensor& v, double gamma) const;
  SolveSummary solve_by_lsmr(const Tensor& v, double gamma) const;
  Tensor gradient(const Tensor& p, const Tensor& v, double gamma) const;

  Measurement measurement_;
  std::shared_ptr<const GramFactors> factors_;
  ConjugateGradientOptions fallback_;
  DataFallback method_;
};

}  // namespace lvtino
