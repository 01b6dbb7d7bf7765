#include "lvtino/core/error.hpp"
#include "lvtino/core/image_codec.hpp"

#ifdef LVTINO_HAS_PNG
#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>
#endif

namespace lvtino::codec {

#ifdef LVTINO_HAS_PNG
namespace {

// libpng reports errors by longjmp. Whatever has a destructor lives in this object, outside of the
// functions that are jumped over; those hold plain values only.
struct Decoder {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::string_view input;
  std::size_t position = 0;
  char message[200] = "";
  png_uint_32 height = 0, width = 0;
  std::size_t stored_row_bytes = 0;
  RawImage image;
  std::vector<png_bytep> rows;

  ~Decoder() { png_destroy_read_struct(&png, &info, nullptr); }
};

struct Encoder {
  png_structp png = nullptr;
  png_infop info = nullptr;
  char message[200] = "";
  std::string output;

  ~Encoder() { png_destroy_write_struct(&png, &info); }
};

template <class Coder>
void fail(png_structp png, png_const_charp message) {
  auto* coder = static_cast<Coder*>(png_get_error_ptr(png));
  std::snprintf(coder->message, sizeof coder->message, "%s", message);
  png_longjmp(png, 1);
}

void ignore_warning(png_structp, png_const_charp) {}

void take_bytes(png_structp png, png_bytep out, png_size_t count) {
  auto* decoder = static_cast<Decoder*>(png_get_io_ptr(png));
  if (count > decoder->input.size() - decoder->position) png_error(png, "the file is truncated");
  std::memcpy(out, decoder->input.data() + decoder->position, count);
  decoder->position += count;
}

bool read_header(Decoder& decoder) {
  if (setjmp(png_jmpbuf(decoder.png))) return false;
  png_set_read_fn(decoder.png, &decoder, take_bytes);
  png_set_user_limits(decoder.png, 1u << 28, 1u << 28);
  png_read_info(decoder.png, decoder.info);
  decoder.width = png_get_image_width(decoder.png, decoder.info);
  decoder.height = png_get_image_height(decoder.png, decoder.info);
  decoder.stored_row_bytes = png_get_rowbytes(decoder.png, decoder.info);
  return true;
}

// Everything becomes 1 or 3 channels of 8 or 16 bit.
bool ask_for_plain_samples(Decoder& decoder) {
  if (setjmp(png_jmpbuf(decoder.png))) return false;
  png_set_expand(decoder.png);
  png_set_strip_alpha(decoder.png);
  png_set_interlace_handling(decoder.png);
  png_read_update_info(decoder.png, decoder.info);
  decoder.image.channels = png_get_channels(decoder.png, decoder.info);
  decoder.image.highest = png_get_bit_depth(decoder.png, decoder.info) == 16 ? 65535 : 255;
  return true;
}

bool read_rows(Decoder& decoder) {
  if (setjmp(png_jmpbuf(decoder.png))) return false;
  png_read_image(decoder.png, decoder.rows.data());
  png_read_end(decoder.png, nullptr);
  return true;
}

void put_bytes(png_structp png, png_bytep bytes, png_size_t count) {
  static_cast<Encoder*>(png_get_io_ptr(png))
      ->output.append(reinterpret_cast<const char*>(bytes), count);
}

void nothing_to_flush(png_structp) {}

bool write_all(Encoder& encoder, const RawImage& image) {
  if (setjmp(png_jmpbuf(encoder.png))) return false;
  png_set_write_fn(encoder.png, &encoder, put_bytes, nothing_to_flush);
  png_set_IHDR(encoder.png, encoder.info, png_uint_32(image.width), png_uint_32(image.height), 8,
               image.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(encoder.png, encoder.info);
  for (std::int64_t row = 0; row < image.height; ++row)
    png_write_row(encoder.png, image.bytes.data() + row * image.width * image.channels);
  png_write_end(encoder.png, nullptr);
  return true;
}

}  // namespace

RawImage decode_png(std::string_view bytes, const std::string& origin) {
  Decoder decoder;
  decoder.input = bytes;
  decoder.png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, &decoder, fail<Decoder>, ignore_warning);
  decoder.info = decoder.png ? png_create_info_struct(decoder.png) : nullptr;
  if (!decoder.info) throw IoError(text(origin, ": libpng does not start"));
  const auto checked = [&](bool good) {
    if (!good) throw IoError(text(origin, ": not a readable PNG file: ", decoder.message));
  };
  checked(read_header(decoder));
  check_extent(decoder.height, decoder.width, origin);
  // Deflate expands by less than 1032; a header that claims more must not make us allocate.
  constexpr std::size_t kMostExpansion = 1100, kSlack = 1 << 16;
  if (decoder.stored_row_bytes * decoder.height > kMostExpansion * bytes.size() + kSlack)
    throw IoError(text(origin, ": the PNG header claims ", decoder.width, "x", decoder.height,
                       " pixels, which ", bytes.size(), " bytes cannot hold"));
  checked(ask_for_plain_samples(decoder));
  RawImage& image = decoder.image;
  image.height = decoder.height, image.width = decoder.width;
  const std::size_t row_bytes = std::size_t(image.width) * image.channels * image.sample_bytes();
  image.bytes.resize(row_bytes * image.height);
  for (std::int64_t row = 0; row < image.height; ++row)
    decoder.rows.push_back(image.bytes.data() + row * row_bytes);
  checked(read_rows(decoder));
  return std::move(image);
}

std::string encode_png(const RawImage& image) {
  Encoder encoder;
  encoder.png =
      png_create_write_struct(PNG_LIBPNG_VER_STRING, &encoder, fail<Encoder>, ignore_warning);
  encoder.info = encoder.png ? png_create_info_struct(encoder.png) : nullptr;
  if (!encoder.info) throw IoError("libpng does not start");
  if (!write_all(encoder, image)) throw IoError(text("PNG encoding: ", encoder.message));
  return std::move(encoder.output);
}

#else

RawImage decode_png(std::string_view, const std::string& origin) {
  throw NotBuiltError(text(origin, ": this build reads no PNG files (it was made without libpng)"));
}

std::string encode_png(const RawImage&) {
  throw NotBuiltError("this build writes no PNG files (it was made without libpng)");
}

#endif

}  // namespace lvtino::codec
