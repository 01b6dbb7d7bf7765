#include "solvers/solve_summary.hpp"

namespace lvtino {

std::string to_string(SolveSummary::Why why) {
  switch (why) {
    case SolveSummary::Why::exact: return "exact";
    case SolveSummary::Why::converged: return "converged";
    case SolveSummary::Why::iteration_limit: return "iteration limit";
    case SolveSummary::Why::breakdown: return "breakdown";
  }
  return "";
}

}  // namespace lvtino
