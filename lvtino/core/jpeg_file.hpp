#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lvtino {

/// What the components of a JPEG picture stand for.
enum class JpegColor {
  ycc,   ///< Y' Cb Cr of JFIF (full-range BT.601)
  rgb,   ///< R G B as they are
  grey,  ///< Y' alone
};

/// Horizontal and vertical sampling factors of one component, 1 to 4.
struct JpegFactors {
  int h = 1, v = 1;
  bool operator==(const JpegFactors&) const = default;
};

/// What a JPEG file measured: whole numbers, before any reconstruction.
struct JpegFile {
  struct Component {
    JpegFactors factors;
    std::int64_t block_rows = 0, block_columns = 0;
    std::array<int, 64> steps{};       ///< quantisation table, vertical frequency first
    std::vector<std::int16_t> levels;  ///< [block row, block column, 8 x 8], vertical frequency first
  };

  std::int64_t height = 0, width = 0;
  JpegColor color = JpegColor::ycc;
  std::vector<Component> components;
};

/// Reads the quantised coefficients, tables and sampling factors (libjpeg's coefficient interface);
/// baseline and progressive, Huffman and arithmetic, 8 bits a sample. A motion JPEG picture without
/// its Huffman tables gets the standard ones. Throws IoError that starts with `origin` if the bytes
/// are damaged or truncated, of another colour space, or more than 2^26 pixels; NotBuiltError in a
/// build without libjpeg.
JpegFile read_jpeg_coefficients(std::string_view bytes, const std::string& origin);

}  // namespace lvtino
