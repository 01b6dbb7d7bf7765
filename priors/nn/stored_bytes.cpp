#include "priors/nn/stored_bytes.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "lvtino/core/error.hpp"

namespace lvtino::nn {

static_assert(std::endian::native == std::endian::little);

const std::vector<StoredDtype>& stored_dtypes() {
  static const std::vector<StoredDtype> known = {
      {"BOOL", "BoolStorage", at::kBool},  {"U8", "ByteStorage", at::kByte},
      {"I8", "CharStorage", at::kChar},    {"I16", "ShortStorage", at::kShort},
      {"I32", "IntStorage", at::kInt},     {"I64", "LongStorage", at::kLong},
      {"F16", "HalfStorage", at::kHalf},   {"BF16", "BFloat16Storage", at::kBFloat16},
      {"F32", "FloatStorage", at::kFloat}, {"F64", "DoubleStorage", at::kDouble},
      {"F8_E4M3", "", at::kFloat8_e4m3fn}, {"F8_E5M2", "", at::kFloat8_e5m2}};
  return known;
}

Tensor tensor_of_bytes(std::string_view bytes, const Shape& shape, at::ScalarType type,
                       const BytesOwner& owner, const std::string& what) {
  const std::size_t width = c10::elementSize(type);
  const auto count = std::size_t(element_count(shape));
  if (bytes.size() % width != 0 || bytes.size() / width != count)
    throw IoError(text(what, ": ", to_string(shape), " numbers of ", width, " bytes in ",
                       bytes.size(), " bytes"));
  // Another value of a C++ bool is undefined behaviour of whoever looks at it.
  if (type == at::kBool &&
      std::any_of(bytes.begin(), bytes.end(), [](char byte) { return byte != 0 && byte != 1; }))
    throw IoError(text(what, ": a boolean that is neither 0 nor 1"));
  const at::TensorOptions options(type);
  const bool aligned = reinterpret_cast<std::uintptr_t>(bytes.data()) % width == 0;
  if (owner && aligned && count > 0)
    return at::from_blob(
        const_cast<char*>(bytes.data()), shape, [owner](void*) {}, options);
  const Tensor copy = at::empty(shape, options);
  if (count > 0) std::memcpy(copy.mutable_data_ptr(), bytes.data(), bytes.size());
  return copy;
}

}  // namespace lvtino::nn
