#include "lvtino/core/jpeg_file.hpp"

#include "lvtino/core/error.hpp"
#include "lvtino/core/image_codec.hpp"

#ifdef LVTINO_HAS_JPEG
#include "lvtino/core/jpeg_source.hpp"
#endif

namespace lvtino {

#ifdef LVTINO_HAS_JPEG
namespace {

constexpr std::int64_t kMostPixels = std::int64_t(1) << 26;

struct Reader : JpegSource {
  jvirt_barray_ptr* arrays = nullptr;
};

bool read_scans(Reader& reader) {
  if (setjmp(reader.back)) return false;
  reader.arrays = jpeg_read_coefficients(&reader.jpeg);
  return reader.arrays != nullptr;
}

bool copy_levels(Reader& reader, int component, std::int16_t* to) {
  if (setjmp(reader.back)) return false;
  auto* common = reinterpret_cast<j_common_ptr>(&reader.jpeg);
  const jpeg_component_info& info = reader.jpeg.comp_info[component];
  for (JDIMENSION row = 0; row < info.height_in_blocks; ++row) {
    const JBLOCKARRAY blocks =
        reader.jpeg.mem->access_virt_barray(common, reader.arrays[component], row, 1, FALSE);
    for (JDIMENSION column = 0; column < info.width_in_blocks; ++column)
      std::copy(blocks[0][column], blocks[0][column] + DCTSIZE2,
                to + (std::size_t(row) * info.width_in_blocks + column) * DCTSIZE2);
  }
  return true;
}

JpegColor color_of(const jpeg_decompress_struct& jpeg, const std::string& origin) {
  if (jpeg.jpeg_color_space == JCS_YCbCr && jpeg.num_components == 3) return JpegColor::ycc;
  if (jpeg.jpeg_color_space == JCS_RGB && jpeg.num_components == 3) return JpegColor::rgb;
  if (jpeg.jpeg_color_space == JCS_GRAYSCALE && jpeg.num_components == 1) return JpegColor::grey;
  throw IoError(text(origin, ": a JPEG file of ", jpeg.num_components,
                     " components; expected Y'CbCr, RGB or grey"));
}

std::array<int, 64> steps_of(const jpeg_component_info& info, const std::string& origin) {
  std::array<int, 64> steps{};
  for (std::size_t k = 0; k < 64; ++k) {
    steps[k] = info.quant_table ? info.quant_table->quantval[k] : 0;
    if (steps[k] < 1) throw IoError(text(origin, ": the JPEG file lacks a quantisation table"));
  }
  return steps;
}

}  // namespace

JpegFile read_jpeg_coefficients(std::string_view bytes, const std::string& origin) {
  Reader reader;
  const auto checked = [&](bool good) {
    if (!good) throw IoError(text(origin, ": not a readable JPEG file: ", reader.message));
  };
  checked(reader.read_header(bytes));
  JpegFile out;
  out.height = reader.jpeg.image_height, out.width = reader.jpeg.image_width;
  codec::check_extent(out.height, out.width, origin);
  if (out.height * out.width > kMostPixels || !reader.fits_in(bytes.size()))
    throw IoError(text(origin, ": the JPEG header claims ", out.width, "x", out.height,
                       " pixels: more than 2^26, or more than ", bytes.size(), " bytes can hold"));
  out.color = color_of(reader.jpeg, origin);
  checked(read_scans(reader));
  for (int i = 0; i < reader.jpeg.num_components; ++i) {
    const jpeg_component_info& info = reader.jpeg.comp_info[i];
    JpegFile::Component c{.factors = {info.h_samp_factor, info.v_samp_factor},
                          .block_rows = info.height_in_blocks,
                          .block_columns = info.width_in_blocks,
                          .steps = steps_of(info, origin)};
    c.levels.resize(std::size_t(c.block_rows * c.block_columns * 64));
    checked(copy_levels(reader, i, c.levels.data()));
    out.components.push_back(std::move(c));
  }
  return out;
}

#else

JpegFile read_jpeg_coefficients(std::string_view, const std::string& origin) {
  throw NotBuiltError(
      text(origin, ": this build reads no JPEG files (it was made without libjpeg)"));
}

#endif

}  // namespace lvtino
