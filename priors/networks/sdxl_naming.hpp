#pragma once

#include "priors/nn/network.hpp"

/// What files call the tensors of the networks of SDXL. Each network's own names are those of
/// diffusers and transformers; "single_file" are those of the published training code, with which
/// all networks lie in one file.
namespace lvtino::nn {

/// "diffusers", "single_file" (below "model.diffusion_model.").
std::vector<NamingScheme> sdxl_unet_schemes();

/// The single file's naming of a U-net with that many residual blocks a level, which numbers blocks
/// through.
Naming sdxl_unet_single_file(std::int64_t layers_per_block);

/// "diffusers", "diffusers_older" (attention maps named "query", "key", "value", "proj_attn"),
/// "single_file" (below "first_stage_model."), "ldm" (the same names in a file of their own).
std::vector<NamingScheme> sdxl_vae_schemes();

/// "transformers", "transformers_newer" (the same without "text_model."), "single_file" (below
/// "conditioner.embedders.0.transformer.").
std::vector<NamingScheme> clip_l_schemes();

/// "transformers", "transformers_newer", "single_file" (below "conditioner.embedders.1.model.",
/// query, key and value maps as one).
std::vector<NamingScheme> clip_bigg_schemes();

/// Whether a key of a text encoder's file holds nothing to load: the numbers of the positions, the
/// scale of similarities to images.
bool clip_carries_along(const std::string& key);

}  // namespace lvtino::nn
