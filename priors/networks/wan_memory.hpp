#pragma once

#include "priors/networks/wan_transformer.hpp"
#include "priors/networks/wan_vae.hpp"

/// Bytes of arrays that the networks of Wan 2.1 hold at their worst moment: arguments and results
/// included, weights not. The functions go through the code of the networks with arrays that have a
/// size and no numbers (array_ledger.hpp). Libraries are taken to lay argument, weights and
/// result of a convolution out anew, as oneDNN does; what else they hold inside a call is not
/// counted.
///
/// `compute` gives the size of an element, and whether attention of wide heads holds its scores: on
/// GPUs it does.
namespace lvtino::nn {

/// What a context holds: the text, keys and values of every block.
std::int64_t wan_context_bytes(const WanTransformerConfig& config, const Placement& compute);

/// `forward` on a latent [B, channels, F, H, W].
std::int64_t wan_transformer_work(const WanTransformerConfig& config, const Shape& latent,
                                  const Placement& compute);

/// `encode` and `decode` for a video [1, 3, T, H, W].
std::int64_t wan_encode_work(const WanVaeConfig& config, const Shape& video, const WanVaeWork& work,
                             const Placement& compute);
std::int64_t wan_decode_work(const WanVaeConfig& config, const Shape& video, const WanVaeWork& work,
                             const Placement& compute);

/// Operations of encoding and decoding a clip with that latent [1, channels, F, h, w], halos of
/// tiles included: those of the published network at 768 x 1280, by the number of samples and the
/// square of the width. Rough where frames are few.
double wan_vae_operations(const WanVaeConfig& config, const Shape& latent, std::int64_t tile);

}  // namespace lvtino::nn
