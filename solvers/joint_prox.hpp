#pragma once

#include <memory>

#include "solvers/data_term.hpp"
#include "solvers/total_variation.hpp"

namespace lvtino {

/// How the primal-dual iteration of Chambolle and Pock (2011) chooses its steps.
enum class StepRule {
  plain,        ///< constant steps (their Algorithm 1)
  accelerated,  ///< steps that shrink with the strong convexity 1/gamma (their Algorithm 2)
};

struct JointProxOptions {
  double tolerance = 1e-4;    ///< on the relative duality gap (P - D) / max(|P|, |D|)
  int max_iterations = 500;
  StepRule rule = StepRule::plain;
  double step = 0;            ///< primal step in units of gamma; 0: chosen (see docs/mathematics.md)
  int check_every = 0;        ///< iterations between certificates; 0: chosen
};

/// Result of a joint prox with the dual field, from which a later, similar problem starts warm.
struct JointSolution {
  SolveSummary summary;  ///< x, iterations, and the certified relative duality gap as residual
  TvDual dual;
  double primal = 0;     ///< objective P at x
  double lower = 0;      ///< D <= min P, from the dual field
};

/// The prox of g + phi (Algorithm 1 of arXiv 2510.01339, the step after the video prior):
///   argmin_x P(x) = g(x) + phi(x) + |x - u|^2 / (2 gamma),
/// phi the weighted total variation |K x|, g the data term (or none: TV denoising).
///
/// Chambolle-Pock with the data prox, exact where the operator has factors, as its inner step:
///   q <- proj(q + s K(x + theta (x - x_old)))
///   x <- prox of g + |. - u|^2/(2 gamma) at x - tau K'q, itself a data prox with a shifted centre.
/// It stops on a certificate: any q with |q| <= 1 bounds the minimum from below by
///   D(q) = <K'q, u> - gamma/2 |K'q|^2 + min_x [ g(x) + |x - w|^2/(2 gamma) ],  w = u - gamma K'q,
/// whose last term is the Moreau envelope of g, exact through the factors. Objectives are summed in
/// float64. Memory: u, x, its predecessor and the dual field, six videos in all.
class JointProx final : public Prox {
 public:
  /// `data` may be null: then g = 0.
  JointProx(std::shared_ptr<const DataTerm> data, TotalVariation tv, JointProxOptions options = {});

  const TotalVariation& variation() const { return tv_; }
  const DataTerm* data() const { return data_.get(); }
  const JointProxOptions& options() const { return options_; }

  /// g(x) + phi(x).
  double value(const Tensor& x) const override;

  /// The minimiser. `start`, a dual field kept from an earlier solution, is where the iteration begins
  /// if it fits; its memory is taken over and becomes the result's (hand in a clone to keep it).
  JointSolution solve_from(const Tensor& u, double gamma, TvDual&& start = {}) const;

  /// (P(x) - D(q)) / max(|P|, |D|) of a given pair, not below 0 but for rounding.
  JointSolution certify(const Tensor& x, const TvDual& q, const Tensor& u, double gamma) const;

 private:
  SolveSummary do_solve(const Tensor& v, double gamma) const override;

  std::shared_ptr<const DataTerm> data_;
  TotalVariation tv_;
  JointProxOptions options_;
};

}  // namespace lvtino
