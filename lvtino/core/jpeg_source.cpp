#ifdef LVTINO_HAS_JPEG
#include "lvtino/core/jpeg_source.hpp"

#include <jerror.h>

namespace lvtino {
namespace {

[[noreturn]] void fail(j_common_ptr jpeg) {
  auto* source = static_cast<JpegSource*>(jpeg->client_data);
  jpeg->err->format_message(jpeg, source->message);
  std::longjmp(source->back, 1);
}

// libjpeg goes on with grey or zeros where data is missing; a measurement must not.
void judge_warning(j_common_ptr jpeg, int level) {
  if (level < 0 && jpeg->err->msg_code != JWRN_EXTRANEOUS_DATA) fail(jpeg);
}

}  // namespace

JpegSource::JpegSource() {
  jpeg.err = jpeg_std_error(&errors);
  jpeg.client_data = this;
  errors.error_exit = fail;
  errors.emit_message = judge_warning;
}

bool JpegSource::read_header(std::string_view bytes) {
  if (setjmp(back)) return false;
  jpeg_create_decompress(&jpeg);
  jpeg.client_data = this;
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&jpeg, TRUE);
  return true;
}

bool JpegSource::fits_in(std::size_t bytes) const {
  const bool run_lengths = jpeg.progressive_mode || jpeg.arith_code;
  const std::int64_t blocks_a_byte = run_lengths ? std::int64_t(1) << 17 : 8;
  return std::int64_t(jpeg.image_height) * jpeg.image_width / 64 <=
         blocks_a_byte * std::int64_t(bytes);
}

}  // namespace lvtino
#endif
