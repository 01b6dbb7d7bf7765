#include "lvtino/core/sha256.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdio>
#include <filesystem>
#include <string>

#include "lvtino/core/error.hpp"
#include "lvtino/core/file.hpp"

BOOST_AUTO_TEST_SUITE(sha256)

using namespace lvtino;

namespace {

std::string hash(const std::string& message) {
  return Sha256().update(message.data(), message.size()).hex();
}

}  // namespace

// The examples of FIPS 180.
BOOST_AUTO_TEST_CASE(standard_vectors) {
  BOOST_TEST(hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  BOOST_TEST(hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
             "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  BOOST_TEST(hash(std::string(1000000, 'a')) ==
             "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

BOOST_AUTO_TEST_CASE(pieces_do_not_matter) {
  const std::string message(200, 'x');
  for (std::size_t cut = 0; cut <= message.size(); ++cut)
    BOOST_TEST(Sha256()
                   .update(message.data(), cut)
                   .update(message.data() + cut, message.size() - cut)
                   .hex() == hash(message));
}

BOOST_AUTO_TEST_CASE(files) {
  const std::string path = (std::filesystem::temp_directory_path() / "lvtino_sha256_test").string();
  write_file(path, "abc");
  BOOST_TEST(sha256_of_file(path) == hash("abc"));
  std::filesystem::remove(path);
  BOOST_CHECK_THROW(sha256_of_file(path), IoError);
}

BOOST_AUTO_TEST_SUITE_END()
