#include "lvtino/core/mapped_file.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"

BOOST_AUTO_TEST_SUITE(mapped_file)

using namespace lvtino;

BOOST_AUTO_TEST_CASE(shows_the_bytes_of_a_file) {
  const std::string path =
      (std::filesystem::temp_directory_path() / "lvtino_mapped_file_test").string();
  for (const std::string& content :
       {std::string("a\0b", 3), std::string(100000, 'x'), std::string()}) {
    write_file(path, content);
    const auto file = MappedFile::open(path);
    std::filesystem::remove(path);  // the bytes stay while they are mapped
    BOOST_TEST((file->bytes() == content));
  }
}

BOOST_AUTO_TEST_CASE(says_what_cannot_be_read) {
  BOOST_CHECK_EXCEPTION(MappedFile::open("/nowhere/file"), IoError, [](const IoError& error) {
    return std::string(error.what()).find("/nowhere/file") != std::string::npos;
  });
  BOOST_CHECK_THROW(MappedFile::open(std::filesystem::temp_directory_path().string()), IoError);
}

BOOST_AUTO_TEST_SUITE_END()
