#pragma once

#include <set>
#include <string>

namespace lvtino {

struct EncodedPrompt {
  bool computed;                ///< false: the file was there
  std::set<std::string> notes;  ///< where a text is not read as it stands, or seems garbled
};

/// What a text encoder makes of a prompt, into the small file that a prior's key `prompt` names:
/// the encoder need not be there when videos are restored. Keys of PROMPT.json:
///
///   prompt      the text
///   for         wan (one encoder, UMT5-XXL) or sdxl (two, CLIP-L and OpenCLIP bigG)
///   umt5        wan: tokenizer (spiece.model), length; clean, weights, key, sha256, config
///   clip_l      sdxl: vocabulary (vocab.json), merges (merges.txt), pad; clean and so on
///   clip_bigg   the same
///   precision, device   as of the networks of a prior
///
/// `clean`: whether the tokenizer gets `cleaned_prompt` of the text, as UMT5's does unless this is
/// false, or the text as it stands, as CLIP's do unless this is true.
///
/// The file keeps the prompt, what it was cleaned to, and the SHA-256 of every file that it was
/// made of; where it is there already with the same ones, nothing is computed.
/// Throws SpecError, IoError.
EncodedPrompt encode_prompt(const std::string& spec, const std::string& out);

}  // namespace lvtino
