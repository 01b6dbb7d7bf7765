#pragma once

#ifdef LVTINO_HAS_JPEG
#include <cstdio>
#include <cstdlib>
#include <jpeglib.h>
#include <string>

#include "lvtino/core/image_file.hpp"

/// JPEG files as libjpeg writes them, for tests.
namespace lvtino::testing {

struct EncoderOptions {
  int quality = 75;
  int h = 1, v = 1;        ///< sampling factors of the first component
  bool progressive = false, grey = false, rgb = false;
  int restart = 0;         ///< coded units between restart markers
};

/// `image` [3, H, W] in [0, 1], rounded to 8 bits.
inline std::string encode_with_libjpeg(const Tensor& image, const EncoderOptions& options = {}) {
  const Tensor bytes = quantize_8bit(image.to(at::kFloat).contiguous()).permute({1, 2, 0}).contiguous();
  jpeg_compress_struct jpeg{};
  jpeg_error_mgr errors{};
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &out, &size);
  jpeg.image_height = JDIMENSION(bytes.size(0)), jpeg.image_width = JDIMENSION(bytes.size(1));
  jpeg.input_components = 3, jpeg.in_color_space = JCS_RGB;
  jpeg_set_defaults(&jpeg);
  if (options.grey) jpeg_set_colorspace(&jpeg, JCS_GRAYSCALE);
  if (options.rgb) jpeg_set_colorspace(&jpeg, JCS_RGB);
  jpeg_set_quality(&jpeg, options.quality, TRUE);
  jpeg.comp_info[0].h_samp_factor = options.h, jpeg.comp_info[0].v_samp_factor = options.v;
  jpeg.dct_method = JDCT_ISLOW;
  jpeg.restart_interval = unsigned(options.restart);
  if (options.progressive) jpeg_simple_progression(&jpeg);
  jpeg_start_compress(&jpeg, TRUE);
  for (std::int64_t row = 0; row < bytes.size(0); ++row) {
    auto* at = const_cast<JSAMPROW>(bytes.const_data_ptr<std::uint8_t>() + row * bytes.size(1) * 3);
    jpeg_write_scanlines(&jpeg, &at, 1);
  }
  jpeg_finish_compress(&jpeg);
  std::string result(reinterpret_cast<char*>(out), size);
  jpeg_destroy_compress(&jpeg);
  std::free(out);
  return result;
}

}  // namespace lvtino::testing
#endif
