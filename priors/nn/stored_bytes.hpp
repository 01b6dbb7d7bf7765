#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lvtino/core/tensor.hpp"

namespace lvtino::nn {

/// Who keeps the bytes of a file alive for the tensors that look into it; null: nobody does, and
/// tensors are copies.
using BytesOwner = std::shared_ptr<const void>;

/// A dtype of weight files by its safetensors name and by the name of torch's storage class ("" for
/// those that have none).
struct StoredDtype {
  const char* safetensors;
  const char* storage;
  at::ScalarType type;
};

/// Those that are read: BOOL U8 I8 I16 I32 I64 F16 BF16 F32 F64 and the two 8-bit floats.
const std::vector<StoredDtype>& stored_dtypes();

/// The numbers of `bytes` (little-endian, in C order) as a tensor on the CPU: a view that holds on
/// to `owner`, to be read only, or a copy where there is no owner or the bytes are not aligned for
/// their type. `what` names it in messages.
/// Throws IoError unless there are just as many bytes as the shape takes, and for a boolean that is
/// neither 0 nor 1.
Tensor tensor_of_bytes(std::string_view bytes, const Shape& shape, at::ScalarType type,
                       const BytesOwner& owner, const std::string& what);

}  // namespace lvtino::nn
