#pragma once

#include <string>

namespace lvtino {

/// What a text encoder makes of a prompt, into the small file that a prior's key `prompt` names:
/// the encoder need not be there when videos are restored. Keys of PROMPT.json:
///
///   prompt     the text
///   for        wan (one encoder, UMT5-XXL) or sdxl (two, CLIP-L and OpenCLIP bigG)
///   umt5       wan: tokenizer (spiece.model), length, and weights, key, sha256, config of the
///   encoder clip_l, clip_bigg   sdxl: vocabulary (vocab.json), merges (merges.txt), pad, and the
///   same precision, device   as of the networks of a prior
///
/// The file keeps the prompt and the SHA-256 of every file that it was made of; where it is there
/// already with the same ones, nothing is computed. Returns whether anything was.
/// Throws SpecError, IoError.
bool encode_prompt(const std::string& spec, const std::string& out);

}  // namespace lvtino
