#include "solvers/data_term.hpp"

#include "lvtino/core/error.hpp"

namespace lvtino {

SolveSummary DataTerm::solve_in_place(Tensor& v, double gamma) const {
  SolveSummary summary = solve(v, gamma);
  v.copy_(summary.x);
  summary.x = v;
  return summary;
}

Tensor DataTerm::gradient(const Tensor&) const {
  throw NotSupportedError(text("the data term ", name(), " has no gradient"));
}

std::shared_ptr<const DataTerm> DataTerm::slice(std::int64_t, std::int64_t) const { return nullptr; }

}  // namespace lvtino
