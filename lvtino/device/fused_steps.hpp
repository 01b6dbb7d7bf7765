#pragma once

#include "lvtino/device/runtime.hpp"
#include "priors/nn/fused_kernels.hpp"

/// The operations of priors/nn/fused_kernels.hpp on the device: pointers to device memory, sums in
/// float32 in an order that depends on the shape alone. What a row's norm needs more than once is
/// read again from cache.
namespace lvtino::device {

/// One block a row; 2 passes over the tokens.
void run(const kernels::ModulatedNorm& step, const Stream& stream);
void run(const kernels::RmsNormed& step, const Stream& stream);
/// 3 passes over the tokens.
void run(const kernels::GatedSum& step, const Stream& stream);
/// 3 passes over the result.
void run(const kernels::Geglu& step, const Stream& stream);
/// 3 passes over the images, in three launches; `scratch` holds group_norm_scratch(step) numbers.
void run(const kernels::GroupNormed& step, const Stream& stream);

}  // namespace lvtino::device
