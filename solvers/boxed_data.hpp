#pragma once

#include "solvers/joint_prox.hpp"

namespace lvtino {

/// g plus the constraint low <= x <= high: a data term whose prox is
///   argmin { g(x) + |x - v|^2/(2 gamma) : low <= x <= high },
/// solved to a certified relative duality gap by the method of `options` (the multiplier of the box is
/// the dual variable, see solvers/joint_certificate.hpp), not by clamping the prox of g.
class BoxedData final : public DataTerm {
 public:
  /// `options` without a box; its method chambolle_pock or fista.
  BoxedData(std::shared_ptr<const DataTerm> data, Box box, JointProxOptions options = {});

  const DataTerm& data() const { return *data_; }
  const Box& box() const { return box_; }

  const std::string& name() const override { return name_; }
  const Shape& domain() const override { return data_->domain(); }
  /// g(x) in the box, infinity outside.
  double value(const Tensor& x) const override { return joint_.value(x); }
  double envelope_lower_bound(const Tensor& w, double gamma) const override {
    return joint_.solve_from(w, gamma).lower;
  }
  double misfit(const Tensor& x) const override { return data_->misfit(x); }

 private:
  SolveSummary do_solve(const Tensor& v, double gamma) const override {
    return joint_.solve_from(v, gamma).summary;
  }

  std::shared_ptr<const DataTerm> data_;
  Box box_;
  JointProx joint_;
  std::string name_;
};

}  // namespace lvtino
