#pragma once

namespace lvtino::device {

/// The networks' operations on a GPU are done by this folder's kernels from now on
/// (priors/nn/fused.hpp).
void use_fused_steps();

}  // namespace lvtino::device
