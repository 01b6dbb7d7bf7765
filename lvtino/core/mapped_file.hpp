#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace lvtino {

/// A file in the address space: its bytes are read from the disk when they are looked at, and may
/// be dropped from memory at any time. Read only; whoever cuts the file short meanwhile ends the
/// program.
class MappedFile {
 public:
  /// Throws IoError if there is no such regular file or if it cannot be mapped.
  static std::shared_ptr<const MappedFile> open(const std::string& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view bytes() const { return bytes_; }

 private:
  explicit MappedFile(std::string_view bytes) : bytes_(bytes) {}
  std::string_view bytes_;
};

}  // namespace lvtino
