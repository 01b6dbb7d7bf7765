#include "lvtino/core/error.hpp"
#include "lvtino/core/image_codec.hpp"

#ifdef LVTINO_HAS_JPEG
#include <csetjmp>
#include <cstdio>
// The library's headers need <cstdio> before them.
#include <jpeglib.h>

#include <jerror.h>
#endif

namespace lvtino::codec {

#ifdef LVTINO_HAS_JPEG
namespace {

// As in the PNG decoder: libjpeg leaves by longjmp, so everything with a destructor lives here.
struct Decoder {
  jpeg_decompress_struct jpeg{};
  jpeg_error_mgr errors{};
  std::jmp_buf back;
  char message[JMSG_LENGTH_MAX] = "";
  RawImage image;

  ~Decoder() { jpeg_destroy_decompress(&jpeg); }
};

[[noreturn]] void fail(j_common_ptr jpeg) {
  auto* decoder = static_cast<Decoder*>(jpeg->client_data);
  jpeg->err->format_message(jpeg, decoder->message);
  std::longjmp(decoder->back, 1);
}

// libjpeg goes on with grey where data is missing; a measurement must not.
void judge_warning(j_common_ptr jpeg, int level) {
  if (level < 0 && jpeg->err->msg_code != JWRN_EXTRANEOUS_DATA) fail(jpeg);
}

bool read_header(Decoder& decoder, std::string_view bytes) {
  if (setjmp(decoder.back)) return false;
  jpeg_create_decompress(&decoder.jpeg);
  decoder.jpeg.client_data = &decoder;
  jpeg_mem_src(&decoder.jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&decoder.jpeg, TRUE);
  return true;
}

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
  decoder.jpeg.err = jpeg_std_error(&decoder.errors);
  decoder.jpeg.client_data = &decoder;
  decoder.errors.error_exit = fail;
  decoder.errors.emit_message = judge_warning;
  const auto checked = [&](bool good) {
    if (!good) throw IoError(text(origin, ": not a readable JPEG file: ", decoder.message));
  };
  checked(read_header(decoder, bytes));
  const std::int64_t height = decoder.jpeg.image_height, width = decoder.jpeg.image_width;
  check_extent(height, width, origin);
  // Without runs of empty blocks (progressive, arithmetic), a block of 64 samples takes a bit or
  // more.
  const bool run_lengths = decoder.jpeg.progressive_mode || decoder.jpeg.arith_code;
  const std::int64_t blocks_a_byte = run_lengths ? std::int64_t(1) << 17 : 8;
  if (height * width / 64 > blocks_a_byte * std::int64_t(bytes.size()))
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
