#pragma once

#include <map>
#include <string>

#include "priors/nn/stored_bytes.hpp"

namespace lvtino::nn {

/// The tensors of a network (or of an optimizer) by name, in the order of the names.
using NamedTensors = std::map<std::string, Tensor>;

/// Tensors and the free text that a safetensors file keeps beside them ("__metadata__").
struct SafetensorsFile {
  NamedTensors tensors;
  std::map<std::string, std::string> metadata;
};

/// Reads a safetensors file: eight bytes of header length (little-endian), a JSON header
/// {name: {dtype, shape, data_offsets}}, data. Tensors are copies on the CPU in the dtype of the
/// file (`stored_dtypes`).
///
/// The header is not trusted: a length over 100 MB or over the file, a duplicate name, an unknown
/// dtype, a boolean that is neither 0 nor 1, a rank over 8, a size that is not product(shape) *
/// item, ranges that overlap or leave holes, and trailing bytes are all refused. Throws IoError
/// that names the file and the tensor.
SafetensorsFile read_safetensors(const std::string& path);

/// The same from memory; `origin` names the bytes in messages. With an owner of the bytes, tensors
/// are views of them where they are aligned.
SafetensorsFile parse_safetensors(std::string_view bytes, const std::string& origin,
                                  const BytesOwner& owner = {});

/// Writes tensors (CPU or not; made contiguous) through an AtomicFile, data starting 8-aligned.
/// Equal content gives equal bytes. Throws IoError, NotSupportedError for other dtypes.
void write_safetensors(const std::string& path, const SafetensorsFile& file);

}  // namespace lvtino::nn
