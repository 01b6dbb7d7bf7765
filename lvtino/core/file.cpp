#include "lvtino/core/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "lvtino/core/error.hpp"

namespace lvtino {
namespace fs = std::filesystem;

namespace {

// The temporary name keeps the extension: encoders choose their format by it.
std::string temporary_name(const std::string& path) {
  const fs::path p(path);
  return (p.parent_path() / text(".", p.stem().string(), ".part", ::getpid(), p.extension().string()))
      .string();
}

}  // namespace

AtomicFile::AtomicFile(std::string path)
    : path_(std::move(path)), temporary_(temporary_name(path_)) {
  const int file = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file < 0) throw IoError(text("cannot write ", path_, ": ", std::strerror(errno)));
  ::close(file);
}

AtomicFile::~AtomicFile() {
  std::error_code ignored;
  if (!committed_) fs::remove(temporary_, ignored);
}

void AtomicFile::commit() {
  const int file = ::open(temporary_.c_str(), O_RDONLY);
  const bool flushed = file >= 0 && ::fsync(file) == 0;
  const int reason = errno;
  if (file >= 0) ::close(file);
  if (!flushed) throw IoError(text("cannot write ", path_, ": ", std::strerror(reason)));
  std::error_code failure;
  fs::rename(temporary_, path_, failure);
  if (failure) throw IoError(text("cannot write ", path_, ": ", failure.message()));
  committed_ = true;
}

void write_file(const std::string& path, std::string_view bytes) {
  AtomicFile file(path);
  std::ofstream stream(file.temporary_path(), std::ios::binary);
  stream.write(bytes.data(), std::streamsize(bytes.size()));
  stream.close();
  if (!stream) throw IoError(text("cannot write ", path, ": ", std::strerror(errno)));
  file.commit();
}

std::string read_file(const std::string& path) {
  std::error_code failure;
  if (!fs::is_regular_file(path, failure)) throw IoError(text("no file ", path));
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream content;
  if (!stream || (fs::file_size(path, failure) > 0 && !(content << stream.rdbuf())))
    throw IoError(text("cannot read ", path, ": ", std::strerror(errno)));
  return content.str();
}

void make_folder(const std::string& path) {
  std::error_code failure;
  fs::create_directories(path, failure);
  if (failure || !fs::is_directory(path))
    throw IoError(text("cannot make folder ", path, ": ",
                       failure ? failure.message() : std::string("a file is in the way")));
}

}  // namespace lvtino
