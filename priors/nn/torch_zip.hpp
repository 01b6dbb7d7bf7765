#pragma once

#include "priors/nn/stored_bytes.hpp"
#include "priors/nn/torch_tensors.hpp"

namespace lvtino {

/// The tensors of a checkpoint as torch.save writes it since version 1.6: a zip archive of stored
/// entries ROOT/data.pkl, ROOT/data/0, ROOT/data/1, ..., ROOT/byteorder.
///
/// Nothing in the file is executed: see torch_objects.hpp. Only data.pkl (at most 64 MiB) is
/// checked against its check sum; the storages are not looked at until their tensors are. With an
/// owner of the bytes tensors are views of them, strided ones included.
/// Throws IoError that names the file and the entry.
TorchTensors parse_torch_zip(std::string_view bytes, const std::string& name,
                             const nn::BytesOwner& owner = {});

}  // namespace lvtino
