#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace lvtino {

/// The entries of a ZIP or ZIP64 archive whose contents are stored, not compressed, as torch.save
/// writes them: where they lie in the bytes of the archive.
///
/// Nothing of the archive is trusted and nothing is copied: the end record must close the file, the
/// central directory must fill its place with the entries promised, each entry's own header must
/// bear its name, and the contents must lie before the central directory without sharing bytes.
/// Refused by name: compressed or encrypted entries, archives in several parts, names that come
/// twice.
class StoredZip {
 public:
  /// `name` stands for the archive in messages; the bytes must outlive the object. Throws IoError.
  StoredZip(std::string_view bytes, std::string name);

  struct Entry {
    std::string_view content;
    std::uint32_t crc = 0;  ///< what the archive says
  };
  const std::map<std::string, Entry>& entries() const { return entries_; }

  /// Throws IoError unless the entry is there.
  const Entry& entry(const std::string& name) const;
  /// The content, whose check sum must be the archive's. Throws IoError.
  std::string_view checked(const std::string& name) const;

 private:
  class Directory;
  std::string name_;
  std::map<std::string, Entry> entries_;
};

/// Whether the bytes begin like a zip archive.
bool is_zip(std::string_view bytes);

/// CRC-32 of ISO 3309 (polynomial 0xEDB88320, reflected), the check sum of ZIP.
std::uint32_t crc32(std::string_view bytes);

}  // namespace lvtino
