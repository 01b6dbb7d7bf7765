#include "lvtino/core/image_file.hpp"

#include <cctype>
#include <filesystem>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/core/image_codec.hpp"
#include "lvtino/core/parallel.hpp"

namespace lvtino {
namespace codec {

void check_extent(std::int64_t height, std::int64_t width, const std::string& origin) {
  if (height < 1 || width < 1 || height > kMostPixels / width)
    throw IoError(
        text(origin, ": expected 1 to 2^28 pixels, the header says ", width, "x", height));
}

namespace {

// A decimal number of a PNM header; white space and comments before it are skipped.
std::int64_t pnm_number(std::string_view bytes, std::size_t& at, const std::string& origin) {
  while (at < bytes.size() &&
         (std::isspace(static_cast<unsigned char>(bytes[at])) || bytes[at] == '#')) {
    if (bytes[at] == '#') at = std::min(bytes.find('\n', at), bytes.size() - 1);
    ++at;
  }
  const std::size_t first = at;
  std::int64_t value = 0;
  for (; at < bytes.size() && bytes[at] >= '0' && bytes[at] <= '9' && at - first < 10; ++at)
    value = 10 * value + (bytes[at] - '0');
  if (at == first) throw IoError(text(origin, ": the PPM/PGM header is damaged"));
  return value;
}

}  // namespace

RawImage decode_pnm(std::string_view bytes, const std::string& origin) {
  RawImage image;
  image.channels = bytes[1] == '6' ? 3 : 1;
  std::size_t at = 2;
  image.width = pnm_number(bytes, at, origin);
  image.height = pnm_number(bytes, at, origin);
  const std::int64_t highest = pnm_number(bytes, at, origin);
  check_extent(image.height, image.width, origin);
  if (highest < 1 || highest > 65535)
    throw IoError(text(origin, ": expected a greatest sample of 1 to 65535, got ", highest));
  image.highest = int(highest);
  ++at;  // the single white space that ends the header
  const std::size_t wanted =
      std::size_t(image.height) * image.width * image.channels * image.sample_bytes();
  if (bytes.size() < at || bytes.size() - at < wanted)
    throw IoError(text(origin, ": truncated: ", image.width, "x", image.height, " pixels need ",
                       wanted, " bytes, ", bytes.size() - std::min(at, bytes.size()), " are left"));
  image.bytes.assign(bytes.begin() + at, bytes.begin() + at + wanted);
  return image;
}

}  // namespace codec

namespace {

using codec::RawImage;

Tensor to_tensor(const RawImage& image) {
  Tensor out = at::empty({3, image.height, image.width}, at::kFloat);
  float* pixels = out.data_ptr<float>();
  const std::int64_t plane = image.height * image.width;
  const std::uint8_t* bytes = image.bytes.data();
  const float scale = float(image.highest);
  parallel_for(plane, 1 << 15, [&](std::int64_t begin, std::int64_t end) {
    for (int c = 0; c < 3; ++c) {
      const int source = image.channels == 3 ? c : 0;
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t sample = i * image.channels + source;
        const int value =
            image.highest > 255 ? 256 * bytes[2 * sample] + bytes[2 * sample + 1] : bytes[sample];
        pixels[c * plane + i] = float(std::min(value, image.highest)) / scale;
      }
    }
  });
  return out;
}

RawImage to_raw(const Tensor& image) {
  if (image.dim() != 3 || (image.size(0) != 3 && image.size(0) != 1) || image.numel() == 0)
    throw ShapeError(text("expected an image [3, H, W] or [1, H, W], got ", describe(image)));
  const Tensor bytes = quantize_8bit(image).permute({1, 2, 0}).contiguous();
  RawImage out{image.size(1), image.size(2), int(image.size(0)), 255, {}};
  out.bytes.assign(bytes.data_ptr<std::uint8_t>(), bytes.data_ptr<std::uint8_t>() + bytes.numel());
  return out;
}

void put_little_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += char(value >> (8 * i) & 255);
}

}  // namespace

Tensor quantize_8bit(const Tensor& values) {
  if (!values.is_floating_point() || !values.is_cpu())
    throw PlacementError(text("expected a float tensor on the CPU, got ", describe(values)));
  return at::nan_to_num(values, 0.0).clamp(0, 1).mul_(255).add_(0.5).floor_().to(at::kByte);
}

Tensor decode_image(std::string_view bytes, const std::string& origin) {
  const auto begins = [&](std::string_view magic) {
    return bytes.substr(0, magic.size()) == magic;
  };
  if (bytes.empty()) throw IoError(text(origin, ": the file is empty"));
  if (begins("\x89PNG")) return to_tensor(codec::decode_png(bytes, origin));
  if (begins("\xff\xd8")) return to_tensor(codec::decode_jpeg(bytes, origin));
  if (begins("P5") || begins("P6")) return to_tensor(codec::decode_pnm(bytes, origin));
  throw IoError(text(origin, ": expected a PNG, JPEG or binary PPM/PGM picture"));
}

Tensor read_image(const std::string& path) { return decode_image(read_file(path), path); }

std::string encode_png(const Tensor& image) { return codec::encode_png(to_raw(image)); }

std::string encode_pnm(const Tensor& image) {
  const RawImage raw = to_raw(image);
  std::string out =
      text(raw.channels == 3 ? "P6" : "P5", "\n", raw.width, " ", raw.height, "\n255\n");
  return out.append(raw.bytes.begin(), raw.bytes.end());
}

std::string encode_bmp(const Tensor& image) {
  const RawImage raw = to_raw(image);
  const std::int64_t row_bytes = (3 * raw.width + 3) / 4 * 4;
  constexpr int kHeader = 54;
  std::string out = "BM";
  put_little_endian(out, std::uint64_t(kHeader + row_bytes * raw.height), 4);
  put_little_endian(out, 0, 4);
  put_little_endian(out, kHeader, 4);
  put_little_endian(out, 40, 4);
  put_little_endian(out, std::uint64_t(raw.width), 4);
  put_little_endian(out, std::uint64_t(raw.height), 4);
  put_little_endian(out, 1 | 24 << 16, 4);  // one plane, 24 bits a pixel
  for (const std::uint64_t field :
       {std::uint64_t(0), std::uint64_t(row_bytes * raw.height), std::uint64_t(2835),
        std::uint64_t(2835), std::uint64_t(0), std::uint64_t(0)})
    put_little_endian(out, field, 4);
  for (std::int64_t row = raw.height - 1; row >= 0; --row) {  // bottom row first, blue first
    for (std::int64_t x = 0; x < raw.width; ++x)
      for (int c = 2; c >= 0; --c)
        out += char(raw.bytes[(row * raw.width + x) * raw.channels + (raw.channels == 3 ? c : 0)]);
    out.append(std::size_t(row_bytes - 3 * raw.width), '\0');
  }
  return out;
}

EncodedImage encode_for_html(const Tensor& image) {
#ifdef LVTINO_HAS_PNG
  return {"image/png", encode_png(image)};
#else
  return {"image/bmp", encode_bmp(image)};
#endif
}

void write_image(const std::string& path, const Tensor& image) {
  const std::string extension = std::filesystem::path(path).extension().string();
  if (extension == ".png") return write_file(path, encode_png(image));
  const bool grey = image.dim() == 3 && image.size(0) == 1;
  if (extension == (grey ? ".pgm" : ".ppm")) return write_file(path, encode_pnm(image));
  throw IoError(text("cannot write ", path, ": expected the extension .png or ",
                     grey ? ".pgm (one channel)" : ".ppm (three channels)"));
}

}  // namespace lvtino
