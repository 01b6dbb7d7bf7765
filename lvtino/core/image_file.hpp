#pragma once

#include <string>
#include <string_view>

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// Reads a picture as `[3, H, W]` float32 in [0, 1]: the stored samples divided by their greatest
/// value, in RGB order. Grey is repeated in the three channels; alpha is dropped, gamma and colour
/// profiles and the orientation tag of a JPEG file are not applied.
///
/// PNG (8 and 16 bit, palette, grey, interlaced), JPEG, and binary PPM and PGM (8 and 16 bit),
/// told apart by their content.
/// Throws IoError that names the file if it is missing, damaged, truncated, of another format, has
/// more than 2^28 pixels, or claims a size that its content cannot hold; NotBuiltError for PNG and
/// JPEG in a build without the library.
Tensor read_image(const std::string& path);

/// The same from memory; `origin` names the bytes in messages.
Tensor decode_image(std::string_view bytes, const std::string& origin);

/// Writes `[3, H, W]` or `[1, H, W]` (grey) float32, rounded by `quantize_8bit`, by the extension:
/// .png, .ppm (three channels), .pgm (one channel). Appears only when it is complete.
/// Throws ShapeError, IoError (unknown extension included), NotBuiltError (PNG).
void write_image(const std::string& path, const Tensor& image);

/// The bytes of such files; .bmp has 24 bits a pixel and needs no library.
std::string encode_png(const Tensor& image);
std::string encode_pnm(const Tensor& image);
std::string encode_bmp(const Tensor& image);

/// A picture as a page can embed it: PNG, or BMP in a build without libpng.
struct EncodedImage {
  std::string mime;  ///< "image/png" or "image/bmp"
  std::string bytes;
};
EncodedImage encode_for_html(const Tensor& image);

/// floor(255 v + 1/2) with v clamped to [0, 1], as uint8 of the same shape; not-a-number becomes 0.
/// Throws PlacementError unless `values` is a float tensor on the CPU.
Tensor quantize_8bit(const Tensor& values);

}  // namespace lvtino
