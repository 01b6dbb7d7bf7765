#pragma once

namespace lvtino::device {

/// Passes of networks on a GPU are recorded as CUDA graphs from now on, where a prior asks for it
/// (priors/nn/recorded_pass.hpp).
void use_pass_recorder();

}  // namespace lvtino::device
