#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// A named tensor of a checkpoint.
struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// The tensors of a checkpoint in the stream format that torch.save wrote before version 1.6 (and
/// writes still with _use_new_zipfile_serialization=False): four pickles (a magic number, the
/// protocol version 1001, facts of the machine, a dictionary of tensors), a pickled list of storage
/// keys, then each storage as its int64 length and its little-endian bytes.
///
/// Nothing in the file is executed. The pickles run on a machine that knows the opcodes of protocol
/// 2 which such files hold and these globals: collections.OrderedDict, torch._utils._rebuild_tensor
/// and _rebuild_tensor_v2, torch.{Float,Double,Half,BFloat16,Long}Storage. Memory never exceeds a
/// small multiple of the file: tensors are views of the storages, which are as long as their bytes.
///
/// The tensors come in the order of the file, on the CPU, in their stored dtype, and may share
/// memory. Throws IoError that names the file and what it holds instead of what was expected.
std::vector<NamedTensor> read_torch_legacy(const std::string& path);

/// The same for the bytes of a file; `name` stands for it in messages.
std::vector<NamedTensor> parse_torch_legacy(std::string_view bytes, const std::string& name);

}  // namespace lvtino
