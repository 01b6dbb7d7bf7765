#pragma once

#include <string>

namespace lvtino {

/// The outcome of checking one mathematical law on one subject.
struct LawReport {
  std::string subject;  ///< what was checked
  std::string law;      ///< the law's name
  double residual;      ///< how far from it, scaled by the operands
  double bound;         ///< how far is allowed
  bool passed;
  std::string witness;  ///< where the residual was found
};

}  // namespace lvtino
