#include "lvtino/core/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "lvtino/core/error.hpp"

namespace lvtino {

std::shared_ptr<const MappedFile> MappedFile::open(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe must not hang
  if (file < 0) throw IoError(text("cannot read ", path, ": ", std::strerror(errno)));
  struct stat facts {};
  const bool regular = ::fstat(file, &facts) == 0 && S_ISREG(facts.st_mode);
  const auto size = regular ? std::size_t(facts.st_size) : 0;
  void* start = nullptr;  // nothing can be mapped of an empty file
  if (size > 0) start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  const int reason = errno;
  ::close(file);
  if (!regular) throw IoError(text("cannot read ", path, ": not a file"));
  if (start == MAP_FAILED) throw IoError(text("cannot map ", path, ": ", std::strerror(reason)));
  return std::shared_ptr<const MappedFile>(new MappedFile({static_cast<const char*>(start), size}));
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

}  // namespace lvtino
