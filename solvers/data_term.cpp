#include "solvers/data_term.hpp"

namespace lvtino {

SolveSummary DataTerm::solve_in_place(Tensor& v, double gamma) const {
  SolveSummary summary = solve(v, gamma);
  v.copy_(summary.x);
  summary.x = v;
  return summary;
}

}  // namespace lvtino
