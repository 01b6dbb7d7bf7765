#include "priors/nn/safetensors.hpp"

#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/core/json.hpp"
#include "lvtino/core/sorted_json.hpp"

namespace lvtino::nn {
namespace {

constexpr std::uint64_t kLongestHeader = 100'000'000;
constexpr std::size_t kHighestRank = 8;

// What a header says of one tensor.
struct Entry {
  std::string name;
  at::ScalarType dtype = at::kFloat;
  Shape shape;
  std::uint64_t begin = 0, end = 0;
};

// Reads the header of one file; every message starts with its name.
class HeaderReader {
 public:
  explicit HeaderReader(std::string origin) : origin_(std::move(origin)) {}

  IoError error(const std::string& message) const { return IoError(text(origin_, ": ", message)); }

  std::uint64_t number(const SortedJson& value, const std::string& what) const {
    if (!value.is_number_unsigned())
      throw error(text(what, ": expected a whole number >= 0, got ", value.dump()));
    return value.get<std::uint64_t>();
  }

  Entry entry(const std::string& name, const SortedJson& value) const {
    if (!value.is_object() || value.size() != 3 || !value.contains("dtype") ||
        !value.contains("shape") || !value.contains("data_offsets"))
      throw error(text("tensor \"", name, "\": expected {dtype, shape, data_offsets}"));
    Entry out{.name = name, .dtype = dtype(name, value["dtype"])};
    const SortedJson& shape = value["shape"];
    const SortedJson& offsets = value["data_offsets"];
    if (!shape.is_array() || shape.size() > kHighestRank)
      throw error(
          text("tensor \"", name, "\": expected a shape of at most ", kHighestRank, " extents"));
    if (!offsets.is_array() || offsets.size() != 2)
      throw error(text("tensor \"", name, "\": expected two data_offsets"));
    for (const SortedJson& extent : shape) {
      const std::uint64_t n = number(extent, text("tensor \"", name, "\": shape"));
      if (n > (std::uint64_t(1) << 40))
        throw error(text("tensor \"", name, "\": an extent of ", n));
      out.shape.push_back(std::int64_t(n));
    }
    out.begin = number(offsets[0], text("tensor \"", name, "\": data_offsets"));
    out.end = number(offsets[1], text("tensor \"", name, "\": data_offsets"));
    return out;
  }

 private:
  at::ScalarType dtype(const std::string& name, const SortedJson& value) const {
    for (const StoredDtype& known : stored_dtypes())
      if (value == known.safetensors) return known.type;
    throw error(text("tensor \"", name, "\": dtype ", value.dump(), " is not one that is read"));
  }

  std::string origin_;
};

// The ranges must tile the data: no hole, no overlap, nothing left.
void check_layout(const HeaderReader& reader, std::vector<Entry>& entries, std::uint64_t size) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  std::uint64_t at = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != at || entry.end < entry.begin || entry.end > size)
      throw reader.error(text("tensor \"", entry.name, "\": data_offsets [", entry.begin, ", ",
                              entry.end, "), expected to start at ", at, " and to end within ",
                              size));
    std::uint64_t bytes = 0;
    try {
      bytes = std::uint64_t(element_count(entry.shape)) * c10::elementSize(entry.dtype);
    } catch (const ShapeError& failure) {
      throw reader.error(text("tensor \"", entry.name, "\": ", failure.what()));
    }
    if (bytes != entry.end - entry.begin)
      throw reader.error(text("tensor \"", entry.name, "\": ", to_string(entry.shape), " takes ",
                              bytes, " bytes, data_offsets give ", entry.end - entry.begin));
    at = entry.end;
  }
  if (at != size)
    throw reader.error(text("the tensors end at ", at, " of ", size, " bytes of data"));
}

SortedJson parse_header(const HeaderReader& reader, std::string_view header,
                        const std::string& origin) {
  if (header.empty() || header[0] != '{') throw reader.error("the header is not a JSON object");
  try {
    return parse_sorted_json(header, origin);
  } catch (const SpecError& failure) {
    throw reader.error(text("the header is not JSON: ", failure.what()));
  }
}

std::string dtype_name(const std::string& name, at::ScalarType type) {
  for (const StoredDtype& known : stored_dtypes())
    if (known.type == type) return known.safetensors;
  throw NotSupportedError(
      text("safetensors: tensor \"", name, "\" has the dtype ", c10::toString(type)));
}

}  // namespace

SafetensorsFile parse_safetensors(std::string_view bytes, const std::string& origin,
                                  const BytesOwner& owner) {
  const HeaderReader reader(origin);
  std::uint64_t length = 0;
  if (bytes.size() < 8)
    throw reader.error(text("expected a safetensors file, got ", bytes.size(), " bytes"));
  std::memcpy(&length, bytes.data(), 8);
  if (length > kLongestHeader || length > bytes.size() - 8)
    throw reader.error(text("a header of ", length, " bytes in a file of ", bytes.size()));
  const SortedJson header = parse_header(reader, bytes.substr(8, length), origin);
  const std::string_view data = bytes.substr(8 + length);

  SafetensorsFile out;
  std::vector<Entry> entries;
  for (const auto& [name, value] : header.items()) {
    if (name != "__metadata__") {
      entries.push_back(reader.entry(name, value));
      continue;
    }
    if (!value.is_object()) throw reader.error("__metadata__: expected an object");
    for (const auto& [key, word] : value.items()) {
      if (!word.is_string())
        throw reader.error(text("__metadata__: \"", key, "\" is not a string"));
      out.metadata[key] = word.get<std::string>();
    }
  }
  check_layout(reader, entries, data.size());
  for (const Entry& entry : entries)
    out.tensors[entry.name] =
        tensor_of_bytes(data.substr(entry.begin, entry.end - entry.begin), entry.shape, entry.dtype,
                        owner, text(origin, ": tensor \"", entry.name, "\""));
  return out;
}

SafetensorsFile read_safetensors(const std::string& path) {
  return parse_safetensors(read_file(path), path);
}

void write_safetensors(const std::string& path, const SafetensorsFile& file) {
  Json header = Json::object();
  if (!file.metadata.empty()) header["__metadata__"] = file.metadata;
  std::string data;
  for (const auto& [name, tensor] : file.tensors) {
    const Tensor plain = tensor.detach().to(at::kCPU).contiguous();
    const std::size_t begin = data.size();
    data.append(static_cast<const char*>(plain.const_data_ptr()), plain.nbytes());
    header[name] = {{"dtype", dtype_name(name, plain.scalar_type())},
                    {"shape", shape_of(plain)},
                    {"data_offsets", {begin, data.size()}}};
  }
  std::string head = header.dump();
  head.append((8 - head.size() % 8) % 8, ' ');
  const std::uint64_t length = head.size();
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  write_file(path, bytes + head + data);
}

}  // namespace lvtino::nn
