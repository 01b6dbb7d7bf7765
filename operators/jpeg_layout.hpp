#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "lvtino/core/jpeg_file.hpp"

namespace lvtino {

/// One component of a picture: a linear functional of the colours, averaged over `step_v` x `step_h`
/// pixels and cut into 8 x 8 blocks. What the blocks hold beyond the picture repeats its edge, in the
/// order in which libjpeg pads: columns before the averaging, rows after it.
struct JpegComponent {
  std::array<double, 3> row;      ///< weights of R, G, B
  std::array<double, 3> column;   ///< its share in R, G, B: column of the inverse colour matrix
  double shift;                   ///< level that is subtracted from a sample (128, or 0 for chroma)
  int step_v, step_h;             ///< pixels to a sample
  int blocks_v, blocks_h;         ///< blocks of one minimum coded unit
  std::int64_t block_rows, block_columns;
  std::int64_t begin;             ///< place of its first coefficient within a frame
  std::vector<std::int32_t> rows, columns;  ///< [samples x step]: the pixel behind each

  std::int64_t values() const { return block_rows * block_columns * 64; }
};

/// Geometry of one JPEG frame (ITU T.81). A frame's coefficients are [component, block row, block
/// column, 8 x 8], vertical frequency first, `values` of them.
struct JpegLayout {
  JpegLayout(std::int64_t height, std::int64_t width, JpegColor color,
             const std::vector<JpegFactors>& factors);

  std::int64_t height, width;
  JpegColor color;
  std::vector<JpegFactors> factors;
  std::vector<JpegComponent> components;
  std::int64_t unit_rows;         ///< rows of minimum coded units
  std::int64_t values;

  /// No averaging and no padding: the transform is square and invertible.
  bool invertible() const;
};

/// Sampling factors of "444", "422", "420". Throws ShapeError for another name.
std::vector<JpegFactors> jpeg_factors(const std::string& subsampling);

/// The 64 quantisation steps (levels of 0 .. 255, vertical frequency first) of luminance or
/// chrominance: the examples of ITU T.81, annex K.1, scaled as libjpeg does for `quality` 1 to 100:
/// s = 5000 / q below 50, else 200 - 2 q; step = floor((base s + 50) / 100) within 1 .. 255.
/// Throws ShapeError for another quality.
std::array<int, 64> jpeg_steps(bool chrominance, int quality);

}  // namespace lvtino
