#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What the picture formats hand to each other. Formats that need a library live behind one file
/// each, which throws NotBuiltError in a build without it.
namespace lvtino::codec {

constexpr std::int64_t kMostPixels = std::int64_t(1) << 28;

/// Interleaved rows; samples of two bytes have the high byte first, as PNG and PNM store them.
struct RawImage {
  std::int64_t height = 0, width = 0;
  int channels = 0;  ///< 1 or 3
  int highest = 255;
  std::vector<std::uint8_t> bytes;

  int sample_bytes() const { return highest > 255 ? 2 : 1; }
};

/// Throws IoError unless 1 <= height width <= kMostPixels.
void check_extent(std::int64_t height, std::int64_t width, const std::string& origin);

RawImage decode_png(std::string_view bytes, const std::string& origin);
RawImage decode_jpeg(std::string_view bytes, const std::string& origin);
RawImage decode_pnm(std::string_view bytes, const std::string& origin);

/// Of an 8-bit image.
std::string encode_png(const RawImage& image);

}  // namespace lvtino::codec
