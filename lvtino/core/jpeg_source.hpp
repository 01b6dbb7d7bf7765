#pragma once

#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <string_view>
// The library's header needs <cstdio> before it.
#include <jpeglib.h>

namespace lvtino {

/// A JPEG file in memory that libjpeg reads. libjpeg leaves by longjmp: what calls it does so in a
/// function of its own that begins with `if (setjmp(source.back)) return false;` and has nothing
/// with a destructor, which derived classes hold instead. Only for files that see libjpeg.
struct JpegSource {
  JpegSource();
  ~JpegSource() { jpeg_destroy_decompress(&jpeg); }
  JpegSource(const JpegSource&) = delete;
  JpegSource& operator=(const JpegSource&) = delete;

  /// Reads the header. False, as of all such functions: `message` says why not.
  bool read_header(std::string_view bytes);

  /// Whether so many bytes can hold the picture that the header claims: a block of 64 samples takes
  /// a bit or more, unless there are runs of empty blocks (progressive, arithmetic).
  bool fits_in(std::size_t bytes) const;

  jpeg_decompress_struct jpeg{};
  jpeg_error_mgr errors{};
  std::jmp_buf back;
  char message[JMSG_LENGTH_MAX] = "";
};

}  // namespace lvtino
