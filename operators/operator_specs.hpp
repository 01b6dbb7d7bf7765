#pragma once

#include "operators/axis_maps.hpp"
#include "operators/table.hpp"

/// How the entries of the operator table read their specs; the keys are in docs/spec.md.
namespace lvtino::specs {

/// The key "boundary" of an operator.
Boundary read_boundary(const SpecReader& spec, const char* fallback);

OperatorFactory identity, temporal_average, temporal_blur, shutter, frame_dropping, spatial_decimation,
    spatial_blur, crop, grey, mask, bayer, psf, circular_convolution;

}  // namespace lvtino::specs
