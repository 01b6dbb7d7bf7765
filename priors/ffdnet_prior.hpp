#pragma once

#include "priors/prior.hpp"

namespace lvtino {

class SpecReader;

/// FFDNet as a prior of images: a DenoiserModel. Keys: weights, sha256, compute, autoencoder,
/// schedule. Throws SpecError, IoError if the weights are no FFDNet, ShapeError if they are of
/// another number of channels than the videos.
std::shared_ptr<const Prior> make_ffdnet_image(const SpecReader& reader, const Shape& pixels,
                                               const Placement& placement);

}  // namespace lvtino
