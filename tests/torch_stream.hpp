#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "priors/nn/torch_legacy.hpp"

/// Writes checkpoints in torch's stream format, for tests of what reads them.
namespace lvtino::torch_stream {

/// Pieces of a pickle of protocol 2.
inline std::string bytes_of(std::uint64_t value, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += char(value >> (8 * i) & 255);
  return out;
}
inline std::string integer(std::int64_t value) {
  return std::string("\x8a\x08") + bytes_of(std::uint64_t(value), 8);
}
inline std::string unicode(const std::string& s) {
  return std::string("X") + bytes_of(s.size(), 4) + s;
}
inline std::string global(const std::string& module, const std::string& name) {
  return std::string("c") + module + "\n" + name + "\n";
}
inline std::string tuple(const std::vector<std::int64_t>& values) {
  std::string out = "(";
  for (const auto value : values) out += integer(value);
  return out + "t";
}
inline std::string pickle(const std::string& body) { return std::string("\x80\x02") + body + "."; }
inline const std::string kDictionary = global("collections", "OrderedDict") + ")R";

/// The magic number, the version and the facts of the machine.
inline std::string head() {
  return pickle("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") +
         pickle("M" + bytes_of(1001, 2)) +
         pickle("}(" + unicode("protocol_version") + "M" + bytes_of(1001, 2) +
                unicode("little_endian") + "\x88u");
}

inline std::string storage_name(at::ScalarType type) {
  switch (type) {
    case at::kDouble:
      return "DoubleStorage";
    case at::kHalf:
      return "HalfStorage";
    case at::kBFloat16:
      return "BFloat16Storage";
    case at::kLong:
      return "LongStorage";
    default:
      return "FloatStorage";
  }
}

inline std::string storage_id(const std::string& type, const std::string& key, std::int64_t count) {
  return std::string("(") + unicode("storage") + global("torch", type) + unicode(key) +
         unicode("cpu") + integer(count) + "NtQ";
}

/// A call of _rebuild_tensor_v2, or of its predecessor, with what stands before the flags.
inline std::string tensor(const std::string& storage, std::int64_t offset,
                          const std::vector<std::int64_t>& sizes,
                          const std::vector<std::int64_t>& strides, bool second = true) {
  return global("torch._utils", second ? "_rebuild_tensor_v2" : "_rebuild_tensor") + "(" + storage +
         integer(offset) + tuple(sizes) + tuple(strides) +
         (second ? std::string("\x89") + kDictionary : "") + "tR";
}

inline std::string storage_data(const Tensor& numbers) {
  const Tensor flat = numbers.contiguous();
  return bytes_of(std::uint64_t(flat.numel()), 8) +
         std::string(static_cast<const char*>(flat.const_data_ptr()), std::size_t(flat.nbytes()));
}

/// A whole file; every tensor has a storage of its own.
inline std::string file(const std::vector<NamedTensor>& tensors, bool second = true) {
  std::string entries, keys, data;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& t = tensors[i].tensor;
    const std::string key = std::to_string(1000 + i);
    entries += unicode(tensors[i].name) +
               tensor(storage_id(storage_name(t.scalar_type()), key, t.numel()), 0, t.sizes().vec(),
                      t.contiguous().strides().vec(), second);
    keys += unicode(key);
    data += storage_data(t);
  }
  return head() + pickle(kDictionary + "(" + entries + "u") + pickle("](" + keys + "e") + data;
}

}  // namespace lvtino::torch_stream
