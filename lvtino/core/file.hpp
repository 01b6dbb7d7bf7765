#pragma once

#include <string>
#include <string_view>

namespace lvtino {

/// A file that appears only when it is complete: written under a temporary name in the same folder,
/// then renamed. Without `commit` the destructor removes what was written.
class AtomicFile {
 public:
  /// Throws IoError if the folder cannot be written to.
  explicit AtomicFile(std::string path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Where to write.
  const std::string& temporary_path() const { return temporary_; }
  /// Flushes to the disk and renames. Throws IoError.
  void commit();

 private:
  std::string path_, temporary_;
  bool committed_ = false;
};

/// Writes `bytes` through an AtomicFile. Throws IoError (a full disk included).
void write_file(const std::string& path, std::string_view bytes);

/// Throws IoError.
std::string read_file(const std::string& path);

/// Makes the folder and its parents. Throws IoError that says why.
void make_folder(const std::string& path);

}  // namespace lvtino
