#include "lvtino/core/file.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "lvtino/core/error.hpp"

BOOST_AUTO_TEST_SUITE(file)

using namespace lvtino;
namespace fs = std::filesystem;

namespace {

/// A folder that goes away with the test.
struct Scratch {
  fs::path path = fs::temp_directory_path() / text("lvtino_file_test_", ::getpid());
  Scratch() { fs::create_directories(path); }
  ~Scratch() { fs::remove_all(path); }
  std::string at(const std::string& name) const { return (path / name).string(); }
  std::ptrdiff_t entries() const {
    return std::distance(fs::directory_iterator(path), fs::directory_iterator());
  }
};

}  // namespace

BOOST_AUTO_TEST_CASE(round_trip) {
  const Scratch scratch;
  const std::string bytes("a\0b\n\xff", 5);
  write_file(scratch.at("x.bin"), bytes);
  BOOST_TEST(read_file(scratch.at("x.bin")) == bytes);
  write_file(scratch.at("x.bin"), "");
  BOOST_TEST(read_file(scratch.at("x.bin")) == "");
  BOOST_TEST(scratch.entries() == 1);
}

BOOST_AUTO_TEST_CASE(nothing_is_seen_before_the_commit) {
  const Scratch scratch;
  write_file(scratch.at("x"), "old");
  {
    AtomicFile file(scratch.at("x"));
    std::ofstream(file.temporary_path()) << "half";
    BOOST_TEST(read_file(scratch.at("x")) == "old");
  }
  BOOST_TEST(read_file(scratch.at("x")) == "old");
  BOOST_TEST(scratch.entries() == 1);
  AtomicFile file(scratch.at("x"));
  std::ofstream(file.temporary_path()) << "new";
  file.commit();
  BOOST_TEST(read_file(scratch.at("x")) == "new");
}

BOOST_AUTO_TEST_CASE(a_failure_leaves_nothing) {
  const Scratch scratch;
  try {
    AtomicFile file(scratch.at("x.mp4"));
    BOOST_TEST(fs::path(file.temporary_path()).extension() == ".mp4");
    throw NumericalError("in the middle of it");
  } catch (const NumericalError&) {
  }
  BOOST_TEST(scratch.entries() == 0);
}

BOOST_AUTO_TEST_CASE(a_target_that_cannot_be_replaced) {
  const Scratch scratch;
  fs::create_directories(scratch.at("x/inside"));
  BOOST_CHECK_THROW(write_file(scratch.at("x"), "bytes"), IoError);
  BOOST_TEST(scratch.entries() == 1);
}

BOOST_AUTO_TEST_CASE(folders_that_do_not_take_files) {
  const Scratch scratch;
  BOOST_CHECK_THROW(write_file(scratch.at("missing/x"), "bytes"), IoError);
  write_file(scratch.at("plain"), "bytes");
  BOOST_CHECK_THROW(write_file(scratch.at("plain/x"), "bytes"), IoError);
  BOOST_CHECK_THROW(write_file("/proc/lvtino_test", "bytes"), IoError);
  if (::geteuid() != 0) {  // permissions do not bind the superuser
    fs::permissions(scratch.path, fs::perms::owner_read | fs::perms::owner_exec);
    BOOST_CHECK_THROW(write_file(scratch.at("x"), "bytes"), IoError);
    fs::permissions(scratch.path, fs::perms::owner_all);
  }
}

BOOST_AUTO_TEST_CASE(a_full_disk) {
  if (!fs::exists("/dev/full")) return;
  // The temporary file is on a disk with room; writing through it to a full device must be told.
  const Scratch scratch;
  fs::create_symlink("/dev/full", scratch.at(text(".x.part", ::getpid(), ".bin")));
  BOOST_CHECK_THROW(write_file(scratch.at("x.bin"), "bytes"), IoError);
  BOOST_TEST(!fs::exists(scratch.at("x.bin")));
}

BOOST_AUTO_TEST_CASE(reading_what_is_not_there) {
  const Scratch scratch;
  BOOST_CHECK_THROW(read_file(scratch.at("x")), IoError);
  BOOST_CHECK_THROW(read_file(scratch.path.string()), IoError);
}

BOOST_AUTO_TEST_CASE(making_folders) {
  const Scratch scratch;
  make_folder(scratch.at("a/b/c"));
  BOOST_TEST(fs::is_directory(scratch.at("a/b/c")));
  BOOST_CHECK_NO_THROW(make_folder(scratch.at("a/b/c")));
  write_file(scratch.at("plain"), "bytes");
  BOOST_CHECK_THROW(make_folder(scratch.at("plain")), IoError);
  BOOST_CHECK_THROW(make_folder(scratch.at("plain/a")), IoError);
}

BOOST_AUTO_TEST_SUITE_END()
