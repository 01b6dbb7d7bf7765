#pragma once

#include "priors/networks/sdxl_unet.hpp"
#include "priors/networks/sdxl_vae.hpp"

/// Bytes of arrays that the networks of SDXL hold at their worst moment: arguments and results
/// included, weights not. As in wan_memory.hpp.
namespace lvtino::nn {

/// What a context holds: keys and values of a prompt of `tokens` for every transformer block.
std::int64_t sdxl_context_bytes(const SdxlUnetConfig& config, std::int64_t tokens,
                                const Placement& compute);

/// `epsilon` of a latent [M, in_channels, h, w].
std::int64_t sdxl_unet_work(const SdxlUnetConfig& config, const Shape& latent,
                            const Placement& compute);

/// `encode` and `decode` for images [M, 3, H, W].
std::int64_t sdxl_encode_work(const SdxlVaeConfig& config, const Shape& images,
                              const Placement& compute);
std::int64_t sdxl_decode_work(const SdxlVaeConfig& config, const Shape& images,
                              const Placement& compute);

}  // namespace lvtino::nn
