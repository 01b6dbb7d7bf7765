#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "priors/nn/stored_bytes.hpp"
#include "priors/nn/torch_tensors.hpp"

namespace lvtino {

/// The tensors of a checkpoint in the stream format that torch.save wrote before version 1.6 (and
/// writes still with _use_new_zipfile_serialization=False): four pickles (a magic number, the
/// protocol version 1001, facts of the machine, a dictionary of tensors), a pickled list of storage
/// keys, then each storage as its int64 length and its little-endian bytes.
///
/// Nothing in the file is executed. The pickles run on a machine that knows the opcodes of protocol
/// 2 which such files hold and the globals of torch_objects.hpp. Memory never exceeds a small
/// multiple of the file: tensors are views of the storages, which are as long as their bytes.
///
/// Dictionaries may be nested; names are then paths ("generator.conv.weight"). The tensors come in
/// the order of the file, on the CPU, in their stored dtype, and may share memory.
/// Throws IoError that names the file and what it holds instead of what was expected.
std::vector<NamedTensor> read_torch_legacy(const std::string& path);

/// The same for the bytes of a file, entries that are no tensors among them. With an owner of the
/// bytes, storages are views of them where they are aligned.
TorchTensors parse_torch_stream(std::string_view bytes, const std::string& name,
                                const nn::BytesOwner& owner = {});

/// Whether the bytes begin like such a file.
bool is_torch_legacy(std::string_view bytes);

/// `read_torch_legacy` for the bytes of a file; `name` stands for it in messages.
std::vector<NamedTensor> parse_torch_legacy(std::string_view bytes, const std::string& name);

}  // namespace lvtino
