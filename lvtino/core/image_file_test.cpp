#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/core/image_file.hpp"
#include "lvtino/core/rng.hpp"

namespace {

using namespace lvtino;

#ifdef LVTINO_HAS_PNG
constexpr bool kPng = true;
#else
constexpr bool kPng = false;
#endif
#ifdef LVTINO_HAS_JPEG
constexpr bool kJpeg = true;
#else
constexpr bool kJpeg = false;
#endif

// An image whose values are exact 8-bit steps.
Tensor stepped(const Shape& shape) {
  const Tensor noise = Rng(7).uniform(shape, Placement{});
  return quantize_8bit(noise).to(at::kFloat).div(255);
}

std::string scratch(const std::string& name) {
  const std::string folder = text(LVTINO_BINARY_DIR, "/image_file_test");
  make_folder(folder);
  return text(folder, "/", name);
}

bool names_origin(const IoError& failure) {
  return std::string(failure.what()).find("here.bin") != std::string::npos;
}

std::string png_with_size(std::uint32_t width, std::uint32_t height) {
  std::string bytes = encode_png(stepped({3, 4, 5}));
  for (int i = 0; i < 4; ++i) {
    bytes[16 + i] = char(width >> (24 - 8 * i));
    bytes[20 + i] = char(height >> (24 - 8 * i));
  }
  // The checksum of the changed header, so that only the lie is wrong.
  std::uint32_t crc = 0xffffffffu;
  for (int i = 12; i < 29; ++i) {
    crc ^= static_cast<unsigned char>(bytes[i]);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
  }
  for (int i = 0; i < 4; ++i) bytes[29 + i] = char(~crc >> (24 - 8 * i));
  return bytes;
}

// A 16x16 grey baseline picture with all coefficients zero, written out by hand: level 128.
std::string tiny_jpeg() {
  std::string bytes("\xff\xd8\xff\xdb\x00\x43\x00", 7);
  bytes.append(64, '\x01');
  bytes += std::string("\xff\xc0\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00", 13);
  for (const char table : {'\x00', '\x10'}) {  // one code each: symbol 0 is the bit 0
    bytes += std::string("\xff\xc4\x00\x14", 4) + table + '\x01';
    bytes.append(15, '\0');
    bytes += '\0';
  }
  bytes += std::string("\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00", 10);
  return bytes + std::string("\x00\xff\xd9", 3);  // four blocks of two zero bits
}

}  // namespace

BOOST_AUTO_TEST_SUITE(image_file)

BOOST_AUTO_TEST_CASE(rounding_is_half_up_and_clamped) {
  const Tensor values =
      at::tensor({-1.f, 0.f, 0.49f / 255, 0.51f / 255, 1.f, 7.f, NAN}, at::kFloat);
  const Tensor expected = at::tensor({0, 0, 0, 1, 255, 255, 0}, at::kInt).to(at::kByte);
  BOOST_TEST(at::equal(quantize_8bit(values), expected));
  BOOST_CHECK_THROW(quantize_8bit(expected), PlacementError);
}

BOOST_AUTO_TEST_CASE(round_trips_are_exact) {
  const Tensor colour = stepped({3, 13, 7}), grey = stepped({1, 6, 9});
  for (const char* name : {"a.ppm", "a.png"}) {
    if (!kPng && std::string(name) == "a.png") break;
    write_image(scratch(name), colour);
    BOOST_TEST(at::equal(read_image(scratch(name)), colour), name);
  }
  for (const char* name : {"g.pgm", "g.png"}) {
    if (!kPng && std::string(name) == "g.png") break;
    write_image(scratch(name), grey);
    BOOST_TEST(at::equal(read_image(scratch(name)), grey.expand({3, 6, 9})), name);
  }
  BOOST_CHECK_THROW(write_image(scratch("a.tiff"), colour), IoError);
  BOOST_CHECK_THROW(write_image(scratch("a.ppm"), grey), IoError);
  BOOST_CHECK_THROW(write_image(scratch("a.png"), stepped({2, 3, 3})), ShapeError);
}

BOOST_AUTO_TEST_CASE(sixteen_bit_samples_keep_their_precision) {
  const std::string pnm =
      std::string("P5 # note\n2 1\n65535\n") + std::string("\x12\x34\xff\xff", 4);
  const Tensor image = decode_image(pnm, "here.bin");
  BOOST_TEST(image[0][0][0].item<float>() == 0x1234 / 65535.f);
  BOOST_TEST(image[2][0][1].item<float>() == 1.f);
  if (!kPng) return;
  // 2x1 grey PNG of 16 bit with the samples 0x1234 and 0xffff, stored without compression.
  const unsigned char png[] = {0x89, 'P',  'N',  'G',  13,   10,   26,   10,   0,    0, 0,    13,
                               'I',  'H',  'D',  'R',  0,    0,    0,    2,    0,    0, 0,    1,
                               16,   0,    0,    0,    0,    0x81, 0x83, 0x20, 0x16, 0, 0,    0,
                               16,   'I',  'D',  'A',  'T',  0x78, 0x01, 0x01, 0x05, 0, 0xfa, 0xff,
                               0x00, 0x12, 0x34, 0xff, 0xff, 0x08, 0xcf, 0x02, 0x45};
  std::string bytes(reinterpret_cast<const char*>(png), sizeof png);
  // Chunk checksums are what libpng verifies first: compute them here.
  const auto crc = [&](std::size_t from, std::size_t to) {
    std::uint32_t value = 0xffffffffu;
    for (std::size_t i = from; i < to; ++i) {
      value ^= static_cast<unsigned char>(bytes[i]);
      for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0xEDB88320u : 0);
    }
    std::string out;
    for (int i = 0; i < 4; ++i) out += char(~value >> (24 - 8 * i));
    return out;
  };
  bytes.replace(29, 4, crc(12, 29));
  std::uint32_t a = 1, b = 0;  // Adler-32 of the zlib stream
  for (std::size_t i = 48; i < 53; ++i) a += static_cast<unsigned char>(bytes[i]), b += a;
  bytes.replace(53, 4, {char(b >> 8), char(b), char(a >> 8), char(a)});
  bytes += crc(37, 57);
  bytes += std::string("\0\0\0\0IEND\xae\x42\x60\x82", 12);
  const Tensor read = decode_image(bytes, "here.bin");
  BOOST_TEST(at::equal(read, image));
}

BOOST_AUTO_TEST_CASE(jpeg_is_read) {
  if (!kJpeg) {
    BOOST_CHECK_THROW(decode_image(tiny_jpeg(), "here.bin"), NotBuiltError);
    return;
  }
  const Tensor image = decode_image(tiny_jpeg(), "here.bin");
  BOOST_TEST(at::equal(image, at::full({3, 16, 16}, 128 / 255.f)));
}

BOOST_AUTO_TEST_CASE(every_truncation_is_an_error_that_names_the_file) {
  std::vector<std::string> files = {encode_pnm(stepped({3, 5, 6}))};
  if (kPng) files.push_back(encode_png(stepped({3, 5, 6})));
  if (kJpeg) files.push_back(tiny_jpeg());
  for (const std::string& whole : files)
    for (std::size_t size = 0; size + 2 < whole.size(); ++size)
      BOOST_CHECK_EXCEPTION(decode_image(whole.substr(0, size), "here.bin"), IoError, names_origin);
}

BOOST_AUTO_TEST_CASE(lying_headers_do_not_allocate) {
  BOOST_CHECK_EXCEPTION(decode_image("P6 99999 99999 255\nxxx", "here.bin"), IoError, names_origin);
  BOOST_CHECK_EXCEPTION(decode_image("P6 9999 9999 255\nxxx", "here.bin"), IoError, names_origin);
  BOOST_CHECK_EXCEPTION(decode_image("P5 0 9 255\nxxx", "here.bin"), IoError, names_origin);
  BOOST_CHECK_EXCEPTION(decode_image("GIF89a", "here.bin"), IoError, names_origin);
  BOOST_CHECK_THROW(read_image(scratch("missing.png")), IoError);
  if (kPng)
    for (const std::uint32_t side : {1u << 14, 1u << 20})
      BOOST_CHECK_EXCEPTION(decode_image(png_with_size(side, side), "here.bin"), IoError,
                            names_origin);
  if (!kJpeg) return;
  std::string jpeg = tiny_jpeg();
  const std::size_t frame = jpeg.find("\xff\xc0");
  jpeg[frame + 5] = jpeg[frame + 7] = '\x3f';
  BOOST_CHECK_EXCEPTION(decode_image(jpeg, "here.bin"), IoError, names_origin);
}

BOOST_AUTO_TEST_CASE(flipped_bytes_never_crash) {
  if (!kPng) {
    BOOST_CHECK_THROW(encode_png(stepped({3, 5, 6})), NotBuiltError);
    return;
  }
  const std::string whole = encode_png(stepped({3, 5, 6}));
  for (std::size_t i = 8; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = char(damaged[i] ^ 0x41);
    BOOST_CHECK_THROW(decode_image(damaged, "here.bin"), IoError);
  }
}

BOOST_AUTO_TEST_CASE(bmp_bytes) {
  const Tensor image = at::tensor({1.f, 0.f, 0.f}, at::kFloat).view({3, 1, 1});
  const std::string bmp = encode_bmp(image);
  BOOST_TEST(bmp.size() == 58u);
  BOOST_TEST(bmp.substr(54) == std::string("\x00\x00\xff\x00", 4));
  BOOST_TEST(encode_for_html(image).mime.substr(0, 6) == "image/");
}

BOOST_AUTO_TEST_SUITE_END()
