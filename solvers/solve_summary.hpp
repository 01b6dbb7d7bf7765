#pragma once

#include <string>

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// What a solver did: never a bare result, never a hidden early stop.
struct SolveSummary {
  enum class Why {
    exact,            ///< closed form: nothing was iterated
    converged,        ///< the residual met the tolerance
    iteration_limit,  ///< it did not within the allowed iterations
    breakdown,        ///< the iteration could not go on; see message
  };

  Tensor x;
  Why why = Why::exact;
  int iterations = 0;
  double residual = 0;  ///< relative: residual norm, or duality gap, over the scale of the problem
  std::string message = {};

  bool ok() const { return why == Why::exact || why == Why::converged; }
};

std::string to_string(SolveSummary::Why why);

}  // namespace lvtino
