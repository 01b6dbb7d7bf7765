#include <boost/test/unit_test.hpp>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"
#include "lvtino/core/rng.hpp"
#include "lvtino/core/npy.hpp"

namespace {

using namespace lvtino;

std::string scratch(const std::string& name) {
  const std::string folder = text(LVTINO_BINARY_DIR, "/npy_test");
  make_folder(folder);
  return text(folder, "/", name);
}

std::string npy_bytes(std::string literal, std::size_t data) {
  literal += '\n';
  return std::string("\x93NUMPY\x01\x00", 8) + char(literal.size()) + '\0' + literal +
         std::string(data, 'x');
}

void refuse(const std::string& bytes, const std::string& word) {
  write_file(scratch("bad.npy"), bytes);
  BOOST_CHECK_EXCEPTION(read_npy(scratch("bad.npy")), IoError, [&](const IoError& failure) {
    const std::string what = failure.what();
    const bool good =
        what.find("bad.npy") != std::string::npos && what.find(word) != std::string::npos;
    if (!good) BOOST_TEST_MESSAGE("unexpected message: " << what);
    return good;
  });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(npy)

BOOST_AUTO_TEST_CASE(round_trips_keep_dtype_and_bits) {
  for (const Shape& shape : {Shape{}, Shape{5}, Shape{2, 3}, Shape{1, 3, 4, 5, 6}, Shape{0, 4}})
    for (const at::ScalarType dtype : {at::kFloat, at::kDouble, at::kByte}) {
      const Tensor tensor = Rng(3).uniform(shape, Placement{at::kDouble}).mul(255).to(dtype);
      write_npy(scratch("a.npy"), tensor);
      const Tensor back = read_npy(scratch("a.npy"));
      BOOST_TEST((back.scalar_type() == dtype));
      BOOST_TEST(back.sizes() == tensor.sizes());
      BOOST_TEST(at::equal(back, tensor));
      BOOST_TEST(read_npy_header(scratch("a.npy")).data_offset % 64 == 0);
    }
  BOOST_CHECK_THROW(encode_npy(at::zeros({2}, at::kLong)), PlacementError);
}

BOOST_AUTO_TEST_CASE(header_text_is_what_numpy_writes) {
  const std::string bytes = encode_npy(at::zeros({3}, at::kFloat));
  BOOST_TEST(bytes.find("{'descr': '<f4', 'fortran_order': False, 'shape': (3, ), }") == 10u);
}

BOOST_AUTO_TEST_CASE(version_two_is_read) {
  std::string bytes = encode_npy(at::ones({2, 2}, at::kFloat));
  bytes[6] = 2;
  bytes.insert(10, 2, '\0');
  write_file(scratch("two.npy"), bytes);
  BOOST_TEST(at::equal(read_npy(scratch("two.npy")), at::ones({2, 2})));
}

BOOST_AUTO_TEST_CASE(slices_equal_the_whole) {
  const Tensor tensor = Rng(4).normal({2, 3, 4, 5}, Placement{});
  write_npy(scratch("s.npy"), tensor);
  const NpyHeader header = read_npy_header(scratch("s.npy"));
  for (std::int64_t axis = 0; axis < 4; ++axis)
    for (std::int64_t i = 0; i < tensor.size(axis); ++i)
      BOOST_TEST(
          at::equal(read_npy_slice(scratch("s.npy"), header, axis, i), tensor.select(axis, i)));
}

BOOST_AUTO_TEST_CASE(damaged_files_are_refused) {
  const std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
  refuse("", "first bytes");
  refuse("PK\x03\x04 something else", "first bytes");
  refuse(npy_bytes(good, 23), "24");
  refuse(npy_bytes(good, 25), "24");
  refuse(npy_bytes("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", 24), "Fortran");
  refuse(npy_bytes("{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3), }", 24), ">f4");
  refuse(npy_bytes("{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3), }", 24), "shape");
  refuse(npy_bytes(
             "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999, 99999999999), }", 8),
         "claims");
  refuse(npy_bytes("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }", 8),
         "structured");
  refuse(npy_bytes("{'descr': '<f4', 'shape': (2,), }", 8), "lacks");
  refuse(npy_bytes("{'descr': '<f4", 8), "ends");
  const std::string whole = npy_bytes(good, 24);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_file(scratch("cut.npy"), whole.substr(0, size));
    BOOST_CHECK_THROW(read_npy(scratch("cut.npy")), IoError);
  }
  BOOST_CHECK_THROW(read_npy(scratch("missing.npy")), IoError);
}

BOOST_AUTO_TEST_SUITE_END()
