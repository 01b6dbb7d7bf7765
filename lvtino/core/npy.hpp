#pragma once

#include <string>

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// What a NumPy .npy file says of its array.
struct NpyHeader {
  at::ScalarType dtype = at::kFloat;  ///< float32, float64 or uint8
  Shape shape;
  std::int64_t data_offset = 0;  ///< byte at which the elements begin
};

/// Reads the header of format version 1 or 2 and compares it with the size of the file.
/// Throws IoError that names the file: missing, not a .npy file, truncated or longer than the
/// header says, Fortran order, a big-endian or other element type than float32, float64 and uint8.
NpyHeader read_npy_header(const std::string& path);

/// The whole array in its own dtype, in C order. Throws IoError as `read_npy_header`.
Tensor read_npy(const std::string& path);

/// The slice `index` along `axis`, without that axis; reads no other bytes. Throws IoError.
Tensor read_npy_slice(const std::string& path, const NpyHeader& header, std::int64_t axis,
                      std::int64_t index);

/// The file of a float32, float64 or uint8 tensor of any rank (format version 1, C order).
/// Throws PlacementError for another dtype or device.
std::string encode_npy(const Tensor& tensor);

/// Appears only when it is complete. Throws IoError.
void write_npy(const std::string& path, const Tensor& tensor);

}  // namespace lvtino
