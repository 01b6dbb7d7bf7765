#pragma once

#include <optional>
#include <string>

#include "lvtino/spec_file.hpp"

namespace lvtino {

/// One piece of a spec, applied to an array.
struct ApplyRequest {
  std::string what;                  ///< one of `apply_names`
  std::string in, out;               ///< .npy, [C,T,H,W] or [N,C,T,H,W], float32 or float64
  std::string measurement;           ///< .npy, for data_prox and joint_prox
  std::optional<double> gamma;       ///< for the proxes
  std::optional<std::string> shape;  ///< "C,T,H,W" of the domain, for adjoint and pseudo_inverse
  int step = 0;                      ///< whose noise time the priors use
};

/// forward adjoint pseudo_inverse data_prox joint_prox tv_prox sae_video sae_image
const std::vector<std::string>& apply_names();

/// Reads, computes in the array's own precision, writes (atomically). data_prox minimises
/// |Ax-y|^2/(2 sigma^2) + |x-v|^2/(2 gamma); joint_prox adds phi; tv_prox is phi + |x-v|^2/(2 gamma);
/// sigma and lambda come from the spec. Throws SpecError, ShapeError, IoError, NumericalError.
void apply_piece(const SpecFile& spec, const ApplyRequest& request);

}  // namespace lvtino
