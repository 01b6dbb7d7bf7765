#pragma once

#include <functional>
#include <memory>

#include "solvers/data_prox.hpp"

/// Data terms and proxes with planted defects, for the tests of laws.
namespace lvtino {

/// A prox made of a function: what a defect makes of the right answer.
class AlteredProx final : public Prox {
 public:
  using Solve = std::function<Tensor(const Tensor&, double)>;
  explicit AlteredProx(Solve solve) : solve_(std::move(solve)) {}
  double value(const Tensor&) const override { return 0; }

 private:
  SolveSummary do_solve(const Tensor& v, double gamma) const override {
    return {.x = solve_(v, gamma)};
  }
  Solve solve_;
};

/// A data term whose prox works with `prox_step` times the step, and whose bound is `promise` times
/// the right one, from `from` on (a step).
class AlteredData final : public DataTerm {
 public:
  struct Defect {
    double prox_step = 1, promise = 1, from = 0;
  };
  AlteredData(std::shared_ptr<const DataTerm> data, Defect defect)
      : data_(std::move(data)), defect_(defect) {}

  const std::string& name() const override { return data_->name(); }
  const Shape& domain() const override { return data_->domain(); }
  double value(const Tensor& x) const override { return data_->value(x); }
  Tensor gradient(const Tensor& x) const override { return data_->gradient(x); }
  double misfit(const Tensor& x) const override { return data_->misfit(x); }
  double envelope_lower_bound(const Tensor& w, double gamma) const override {
    return data_->envelope_lower_bound(w, gamma) * (gamma >= defect_.from ? defect_.promise : 1);
  }

 private:
  SolveSummary do_solve(const Tensor& v, double gamma) const override {
    return data_->solve(v, gamma * (gamma >= defect_.from ? defect_.prox_step : 1));
  }
  std::shared_ptr<const DataTerm> data_;
  Defect defect_;
};

}  // namespace lvtino
