#pragma once

#include <memory>

#include "solvers/joint_problem.hpp"

namespace lvtino {

/// The prox of g + phi (Algorithm 1 of arXiv 2510.01339, the step after the video prior):
///   argmin_x P(x) = g(x) + phi(x) + |x - u|^2 / (2 gamma),
/// phi the weighted total variation |K x|, g the data term (or none: TV denoising).
///
/// by the method that `options` names, on x in a box if they name one. It stops on a certificate: any q
/// with |q| <= 1 bounds the minimum from below by
///   D(q) = <K'q, u> - gamma/2 |K'q|^2 + min_x [ g(x) + |x - w|^2/(2 gamma) ],  w = u - gamma K'q,
/// whose last term is the Moreau envelope of g, exact through the factors. Objectives are summed in
/// float64. With a box the x returned is the last iterate's projection on it, and that is what is
/// certified (solvers/joint_certificate.hpp). A device in `options` computes what it takes
/// (solvers/joint_device.hpp).
class JointProx final : public Prox {
 public:
  /// `data` may be null: then g = 0.
  JointProx(std::shared_ptr<const DataTerm> data, TotalVariation tv, JointProxOptions options = {});

  const TotalVariation& variation() const { return tv_; }
  const DataTerm* data() const { return data_.get(); }
  const JointProxOptions& options() const { return options_; }
  /// Why the CPU computes it; empty where a device does, or where none was given.
  const std::string& refusal() const { return refusal_; }

  /// g(x) + phi(x); infinity outside the box.
  double value(const Tensor& x) const override;

  /// The minimiser. `start`, a dual field kept from an earlier solution, is where the iteration begins
  /// if it fits; its memory is taken over and becomes the result's (hand in a clone to keep it).
  JointSolution solve_from(const Tensor& u, double gamma, TvDual&& start = {}) const;

  /// (P(x) - D(q)) / max(|P|, |D|) of a given pair, not below 0 but for rounding.
  JointSolution certify(const Tensor& x, const TvDual& q, const Tensor& u, double gamma) const;

 private:
  SolveSummary do_solve(const Tensor& v, double gamma) const override;
  JointProblem problem_at(const Tensor& u, double gamma) const;

  std::shared_ptr<const DataTerm> data_;
  TotalVariation tv_;
  JointProxOptions options_;
  std::vector<std::shared_ptr<const DataTerm>> slices_;  // of the data term, where it has any
  std::string refusal_;
};

}  // namespace lvtino
