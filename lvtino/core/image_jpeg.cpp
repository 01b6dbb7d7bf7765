#include "lvtino/core/error.hpp"
#include "lvtino/core/image_codec.hpp"

#ifdef LVTINO_HAS_JPEG
#include "lvtino/core/jpeg_source.hpp"
#endif

namespace lvtino::codec {

#ifdef LVTINO_HAS_JPEG
namespace {

struct Decoder : JpegSource {
  RawImage image;
};

bool start(Decoder& decoder) {
  if (setjmp(decoder.back)) return false;
  const bool grey = decoder.jpeg.jpeg_color_space == JCS_GRAYSCALE;
  decoder.jpeg.out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
  decoder.jpeg.dct_method = JDCT_ISLOW;
  jpeg_start_decompress(&decoder.jpeg);
  return true;
}

bool read_rows(Decoder& decoder) {
  if (setjmp(decoder.back)) return false;
  while (decoder.jpeg.output_scanline < decoder.jpeg.output_height) {
    JSAMPROW row = decoder.image.bytes.data() + std::size_t(decoder.jpeg.output_scanline) *
                                                    decoder.image.width * decoder.image.channels;
    jpeg_read_scanlines(&decoder.jpeg, &row, 1);
  }
  jpeg_finish_decompress(&decoder.jpeg);
  return true;
}

}  // namespace

RawImage decode_jpeg(std::string_view bytes, const std::string& origin) {
  Decoder decoder;
  const auto checked = [&](bool good) {
    if (!good) throw IoError(text(origin, ": not a readable JPEG file: ", decoder.message));
  };
  checked(decoder.read_header(bytes));
  const std::int64_t height = decoder.jpeg.image_height, width = decoder.jpeg.image_width;
  check_extent(height, width, origin);
  if (!decoder.fits_in(bytes.size()))
    throw IoError(text(origin, ": the JPEG header claims ", width, "x", height, " pixels, which ",
                       bytes.size(), " bytes cannot hold"));
  checked(start(decoder));
  RawImage& image = decoder.image;
  image.height = height, image.width = width;
  image.channels = decoder.jpeg.output_components;
  image.bytes.resize(std::size_t(height) * width * image.channels);
  checked(read_rows(decoder));
  return std::move(image);
}

#else

RawImage decode_jpeg(std::string_view, const std::string& origin) {
  throw NotBuiltError(
      text(origin, ": this build reads no JPEG files (it was made without libjpeg)"));
}

#endif

}  // namespace lvtino::codec
