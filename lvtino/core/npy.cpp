#include "lvtino/core/npy.hpp"

#include <filesystem>
#include <fstream>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"

namespace lvtino {
namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);
constexpr std::int64_t kLongestHeader = 1 << 16;
constexpr std::size_t kHighestRank = 32;

// Reads the Python literal {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }.
class HeaderParser {
 public:
  HeaderParser(std::string_view literal, const std::string& path) : text_(literal), path_(path) {}

  NpyHeader parse() {
    NpyHeader out;
    bool has_type = false, has_order = false, has_shape = false;
    expect('{');
    while (!take('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr") {
        out.dtype = type_of(quoted()), has_type = true;
      } else if (key == "fortran_order") {
        if (word() != "False")
          fail("the array is in Fortran order; save numpy.ascontiguousarray(array) instead");
        has_order = true;
      } else if (key == "shape") {
        out.shape = tuple(), has_shape = true;
      } else {
        fail("unknown header key '" + key + "'");
      }
      take(',');
    }
    if (!has_type || !has_order || !has_shape)
      fail("the header lacks descr, fortran_order or shape");
    return out;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw IoError(text(path_, ": not a readable .npy file: ", what));
  }

  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool take(char c) {
    skip();
    const bool there = at_ < text_.size() && text_[at_] == c;
    at_ += there;
    return there;
  }
  void expect(char c) {
    if (!take(c)) fail(std::string("expected ") + c + " in the header");
  }
  std::string quoted() {
    skip();
    const char quote = at_ < text_.size() ? text_[at_] : ' ';
    if (quote != '\'' && quote != '"')
      fail("expected a quoted word in the header (a structured array?)");
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("the header ends inside a word");
    const std::string out(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return out;
  }
  std::string word() {
    skip();
    const std::size_t first = at_;
    while (at_ < text_.size() && std::isalpha(static_cast<unsigned char>(text_[at_]))) ++at_;
    return std::string(text_.substr(first, at_ - first));
  }
  Shape tuple() {
    Shape shape;
    expect('(');
    while (!take(')')) {
      const std::size_t first = at_;
      std::int64_t value = 0;
      for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9' && at_ - first < 18;
           ++at_)
        value = 10 * value + (text_[at_] - '0');
      if (at_ == first || shape.size() == kHighestRank) fail("the shape is damaged");
      shape.push_back(value);
      if (!take(',') && !(at_ < text_.size() && text_[at_] == ')')) fail("the shape is damaged");
    }
    return shape;
  }
  at::ScalarType type_of(const std::string& name) const {
    if (name == "<f4") return at::kFloat;
    if (name == "<f8") return at::kDouble;
    if (name == "|u1" || name == "<u1") return at::kByte;
    fail("expected elements of type float32, float64 or uint8 (little-endian), got '" + name + "'");
  }

  std::string_view text_;
  std::string path_;
  std::size_t at_ = 0;
};

std::int64_t element_bytes(at::ScalarType dtype) { return std::int64_t(at::elementSize(dtype)); }

// Products that overflow say that the header lies.
std::int64_t data_bytes(const NpyHeader& header, const std::string& path) {
  std::int64_t bytes = element_bytes(header.dtype);
  for (const std::int64_t extent : header.shape)
    if (__builtin_mul_overflow(bytes, extent, &bytes))
      throw IoError(text(path, ": the header claims the shape ", to_string(header.shape)));
  return bytes;
}

std::ifstream open(const std::string& path) {
  std::error_code failure;
  if (!std::filesystem::is_regular_file(path, failure)) throw IoError(text("no file ", path));
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw IoError(text("cannot read ", path));
  return stream;
}

void read_exactly(std::ifstream& stream, void* out, std::int64_t count, const std::string& path) {
  if (count > 0 && !stream.read(static_cast<char*>(out), count))
    throw IoError(text(path, ": truncated while it was read"));
}

}  // namespace

NpyHeader read_npy_header(const std::string& path) {
  std::ifstream stream = open(path);
  unsigned char front[12] = {};
  stream.read(reinterpret_cast<char*>(front), 10);
  if (!stream || std::string_view(reinterpret_cast<char*>(front), 6) != kMagic)
    throw IoError(text(path, ": expected a NumPy .npy file, the first bytes are others"));
  const int version = front[6];
  if (version < 1 || version > 2)
    throw IoError(text(path, ": expected .npy format version 1 or 2, got ", version));
  if (version == 2) read_exactly(stream, front + 10, 2, path);
  std::int64_t length = front[8] + 256 * std::int64_t(front[9]);
  if (version == 2) length += 65536 * std::int64_t(front[10]) + (std::int64_t(front[11]) << 24);
  if (length > kLongestHeader) throw IoError(text(path, ": the header claims ", length, " bytes"));
  std::string literal(std::size_t(length), '\0');
  read_exactly(stream, literal.data(), length, path);
  NpyHeader header = HeaderParser(literal, path).parse();
  header.data_offset = (version == 1 ? 10 : 12) + length;
  const std::int64_t wanted = data_bytes(header, path);
  const std::int64_t there = std::int64_t(std::filesystem::file_size(path)) - header.data_offset;
  if (there != wanted)
    throw IoError(text(path, ": the shape ", to_string(header.shape), " needs ", wanted,
                       " bytes of elements, the file holds ", there));
  return header;
}

Tensor read_npy(const std::string& path) {
  const NpyHeader header = read_npy_header(path);
  Tensor out = at::empty(header.shape, header.dtype);
  std::ifstream stream = open(path);
  stream.seekg(header.data_offset);
  read_exactly(stream, out.data_ptr(), out.numel() * element_bytes(header.dtype), path);
  return out;
}

Tensor read_npy_slice(const std::string& path, const NpyHeader& header, std::int64_t axis,
                      std::int64_t index) {
  Shape shape = header.shape;
  const auto split = shape.begin() + axis;
  const std::int64_t outer = element_count({shape.begin(), split}), extent = *split;
  const std::int64_t inner = element_count({split + 1, shape.end()}) * element_bytes(header.dtype);
  shape.erase(split);
  Tensor out = at::empty(shape, header.dtype);
  std::ifstream stream = open(path);
  for (std::int64_t i = 0; i < outer; ++i) {
    stream.seekg(header.data_offset + (i * extent + index) * inner);
    read_exactly(stream, static_cast<char*>(out.data_ptr()) + i * inner, inner, path);
  }
  return out;
}

std::string encode_npy(const Tensor& tensor) {
  const at::ScalarType dtype = tensor.scalar_type();
  const char* name = dtype == at::kFloat    ? "<f4"
                     : dtype == at::kDouble ? "<f8"
                     : dtype == at::kByte   ? "|u1"
                                            : nullptr;
  if (!name || !tensor.is_cpu())
    throw PlacementError(
        text("expected a float32, float64 or uint8 tensor on the CPU, got ", describe(tensor)));
  std::string literal = text("{'descr': '", name, "', 'fortran_order': False, 'shape': (");
  for (const std::int64_t extent : tensor.sizes()) literal += text(extent, ", ");
  if (tensor.dim() > 1) literal.resize(literal.size() - 2);
  literal += "), }";
  while ((10 + literal.size() + 1) % 64 != 0) literal += ' ';  // the elements begin aligned
  literal += '\n';
  std::string out(kMagic);
  for (const int byte : {1, 0, int(literal.size()) & 255, int(literal.size()) >> 8})
    out += char(byte);
  out += literal;
  const Tensor plain = tensor.contiguous();
  return out.append(static_cast<const char*>(plain.data_ptr()), plain.nbytes());
}

void write_npy(const std::string& path, const Tensor& tensor) {
  write_file(path, encode_npy(tensor));
}

}  // namespace lvtino
