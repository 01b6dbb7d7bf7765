#pragma once

#include "priors/nn/stored_zip.hpp"
#include "tests/torch_stream.hpp"

/// Writes zip archives and checkpoints in torch's zip format, wrong ones too, for tests of what
/// reads them.
namespace lvtino::torch_archive {

using torch_stream::bytes_of;

struct Entry {
  std::string name, content;
  std::string local_name = name;        ///< what its own header says
  int method = 0, flags = 0;            ///< 0: stored
  std::uint64_t size = content.size();  ///< what the central directory says
  std::uint32_t crc = crc32(content);
  std::int64_t offset = -1;  ///< of its header; -1: where it is
  std::string extra = {};    ///< of the central directory
};

struct Shape64 {
  bool wide = false;                               ///< with 64-bit records throughout
  std::int64_t count = -1, size = -1, begin = -1;  ///< of the directory; -1: as they are
};

inline std::string zip(const std::vector<Entry>& entries, const Shape64& lies = {}) {
  std::string out, directory;
  for (const Entry& entry : entries) {
    const auto offset = entry.offset < 0 ? out.size() : std::uint64_t(entry.offset);
    const auto fixed = bytes_of(std::uint64_t(entry.flags), 2) +
                       bytes_of(std::uint64_t(entry.method), 2) + bytes_of(0, 4) +
                       bytes_of(entry.crc, 4);
    const auto sizes = lies.wide ? bytes_of(0xffffffffffffffff, 8)
                                 : bytes_of(entry.size, 4) + bytes_of(entry.size, 4);
    const auto extra =
        entry.extra + (lies.wide ? bytes_of(1, 2) + bytes_of(24, 2) + bytes_of(entry.size, 8) +
                                       bytes_of(entry.size, 8) + bytes_of(offset, 8)
                                 : "");
    const auto padding = std::string(out.size() % 7, 'F');
    out += "PK\x03\x04" + bytes_of(45, 2) + fixed + sizes + bytes_of(entry.local_name.size(), 2) +
           bytes_of(padding.size(), 2) + entry.local_name + padding + entry.content;
    directory += "PK\x01\x02" + bytes_of(45, 2) + bytes_of(45, 2) + fixed + sizes +
                 bytes_of(entry.name.size(), 2) + bytes_of(extra.size(), 2) + bytes_of(0, 2) +
                 bytes_of(0, 8) + (lies.wide ? bytes_of(0xffffffff, 4) : bytes_of(offset, 4)) +
                 entry.name + extra;
  }
  const auto told = [](std::int64_t lie, std::uint64_t truth) {
    return lie < 0 ? truth : std::uint64_t(lie);
  };
  const std::uint64_t count = told(lies.count, entries.size()),
                      begin = told(lies.begin, out.size()),
                      size = told(lies.size, directory.size());
  out += directory;
  if (lies.wide) {
    const std::uint64_t end64 = out.size();
    out += "PK\x06\x06" + bytes_of(44, 8) + bytes_of(45, 2) + bytes_of(45, 2) + bytes_of(0, 8) +
           bytes_of(count, 8) + bytes_of(count, 8) + bytes_of(size, 8) + bytes_of(begin, 8);
    out += "PK\x06\x07" + bytes_of(0, 4) + bytes_of(end64, 8) + bytes_of(1, 4);
    return out + "PK\x05\x06" + bytes_of(0, 4) + bytes_of(0xffffffffffffffff, 4) +
           bytes_of(0xffffffffffffffff, 8) + bytes_of(0, 2);
  }
  return out + "PK\x05\x06" + bytes_of(0, 4) + bytes_of(count, 2) + bytes_of(count, 2) +
         bytes_of(size, 4) + bytes_of(begin, 4) + bytes_of(0, 2);
}

/// An archive of a pickled dictionary (the pieces of `body` push it) and of storages "0", "1", ..
inline std::string checkpoint(const std::string& body, const std::vector<std::string>& storages,
                              const std::vector<Entry>& more = {}) {
  std::vector<Entry> entries = {{"archive/data.pkl", torch_stream::pickle(body)}};
  for (std::size_t i = 0; i < storages.size(); ++i)
    entries.push_back({text("archive/data/", i), storages[i]});
  entries.insert(entries.end(), more.begin(), more.end());
  return zip(entries);
}

}  // namespace lvtino::torch_archive
