#pragma once

#include "priors/nn/network.hpp"

namespace lvtino::nn {

/// How files name the tensors of the transformer of Wan 2.1. The network's own names are those of
/// the original program: "original"; "causvid", the same after "model."; "comfy", the same after
/// "model.diffusion_model."; "diffusers".
const std::vector<NamingScheme>& wan_transformer_schemes();

/// Of its autoencoder: "original" and "diffusers".
const std::vector<NamingScheme>& wan_vae_schemes();

/// Of the text encoder UMT5: "original" (the names of Wan) and "transformers".
const std::vector<NamingScheme>& umt5_encoder_schemes();

}  // namespace lvtino::nn
