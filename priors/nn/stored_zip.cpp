#include "priors/nn/stored_zip.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "lvtino/core/error.hpp"

// Field offsets are those of the ZIP application note (APPNOTE 6.3), sections 4.3.7 to 4.5.3.
namespace lvtino {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50, kCentralHeader = 0x02014b50;
constexpr std::uint32_t kEnd = 0x06054b50, kEnd64 = 0x06064b50, kEnd64Locator = 0x07064b50;
constexpr std::uint64_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22, kEnd64Size = 56,
                        kLocatorSize = 20;
constexpr std::uint64_t kLongestComment = 0xffff;
constexpr std::uint64_t kElsewhere = 0xffffffff;  // a 32-bit field whose value is in a 64-bit one
constexpr std::uint64_t kElsewhere16 = 0xffff;

struct Range {
  std::uint64_t begin, end;
  std::string_view name;
};

}  // namespace

/// Reads the central directory of one archive.
class StoredZip::Directory {
 public:
  Directory(std::string_view bytes, const std::string& archive)
      : bytes_(bytes), archive_(archive) {}

  std::map<std::string, Entry> read() {
    find();
    std::uint64_t at = begin_;
    for (std::uint64_t i = 0; i < count_; ++i) at = read_entry(at);
    if (at != end_) fail(text("the central directory ends at ", at, ", expected ", end_));
    check_apart();
    return std::move(entries_);
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw IoError(text(archive_, ": ", message));
  }

  std::string_view part(std::uint64_t offset, std::uint64_t size, const std::string& what) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset)
      fail(text("the archive ends within ", what));
    return bytes_.substr(offset, size);
  }

  static std::uint64_t number(std::string_view record, std::uint64_t offset, int size) {
    std::uint64_t out = 0;
    for (int i = 0; i < size; ++i)
      out |= std::uint64_t(std::uint8_t(record[offset + std::uint64_t(i)])) << (8 * i);
    return out;
  }

  // The end record: the last one whose comment fills the file.
  std::uint64_t find_end() const {
    if (bytes_.size() < kEndSize) fail("expected a zip archive, the file is too short");
    const std::uint64_t last = bytes_.size() - kEndSize;
    const std::uint64_t first = last - std::min(last, kLongestComment);
    for (std::uint64_t at = last + 1; at-- > first;)
      if (number(bytes_, at, 4) == kEnd && number(bytes_, at + 20, 2) == last - at) return at;
    fail("expected a zip archive, it has no end record (a download that was cut off?)");
  }

  void find() {
    const std::uint64_t end = find_end();
    const std::string_view record = part(end, kEndSize, "the end record");
    std::uint64_t disks = number(record, 4, 2) | number(record, 6, 2);
    count_ = number(record, 10, 2);
    std::uint64_t size = number(record, 12, 4);
    begin_ = number(record, 16, 4);
    std::uint64_t limit = end;
    if (count_ == kElsewhere16 || size == kElsewhere || begin_ == kElsewhere) {
      const std::uint64_t end64 = find_end64(end);
      const std::string_view wide = part(end64, kEnd64Size, "the 64-bit end record");
      disks = number(wide, 16, 4) | number(wide, 20, 4);
      count_ = number(wide, 32, 8);
      size = number(wide, 40, 8);
      begin_ = number(wide, 48, 8);
      limit = end64;
    }
    if (disks != 0) fail("an archive in several parts");
    if (begin_ > limit || size > limit - begin_)
      fail(text("a central directory of ", size, " bytes at ", begin_,
                " does not fit before the end record at ", limit));
    end_ = begin_ + size;
    if (count_ > size / kCentralSize)
      fail(text("a central directory of ", size, " bytes cannot hold ", count_, " entries"));
  }

  std::uint64_t find_end64(std::uint64_t end) const {
    if (end < kLocatorSize) fail("a zip archive without its 64-bit end record");
    const std::string_view locator = part(end - kLocatorSize, kLocatorSize, "the locator");
    const std::uint64_t at = number(locator, 8, 8);
    if (number(locator, 0, 4) != kEnd64Locator || number(locator, 4, 4) != 0 ||
        at > end - kLocatorSize || end - kLocatorSize - at < kEnd64Size ||
        number(bytes_, at, 4) != kEnd64)
      fail("a zip archive without its 64-bit end record");
    return at;
  }

  // One entry of the central directory; returns where the next begins.
  std::uint64_t read_entry(std::uint64_t at) {
    const std::string_view record = part(at, kCentralSize, "the central directory");
    if (number(record, 0, 4) != kCentralHeader)
      fail(text("expected an entry of the central directory at ", at));
    const std::uint64_t name_size = number(record, 28, 2), extra_size = number(record, 30, 2),
                        next = at + kCentralSize + name_size + extra_size + number(record, 32, 2);
    if (next > end_) fail("an entry reaches beyond the central directory");
    const std::string_view name = bytes_.substr(at + kCentralSize, name_size);
    if (number(record, 8, 2) & 1) fail(text("the entry ", name, " is encrypted"));
    if (number(record, 10, 2) != 0)
      fail(text("the entry ", name,
                " is compressed, expected a stored one as torch.save writes it"));
    std::uint64_t packed = number(record, 20, 4), size = number(record, 24, 4),
                  header = number(record, 42, 4);
    read_wide(bytes_.substr(at + kCentralSize + name_size, extra_size), name, size, packed, header);
    if (packed != size)
      fail(text("the entry ", name, " is stored in ", packed, " bytes of ", size));
    const std::uint64_t begin = content_begin(name, header);
    if (begin > begin_ || size > begin_ - begin)
      fail(text("the entry ", name, " reaches beyond the contents of the archive"));
    if (!entries_
             .try_emplace(std::string(name),
                          Entry{bytes_.substr(begin, size), std::uint32_t(number(record, 16, 4))})
             .second)
      fail(text("the entry ", name, " comes twice"));
    ranges_.push_back({header, begin + size, name});
    return next;
  }

  // Fields that do not fit 32 bits, in this order and each only where it does not.
  void read_wide(std::string_view extra, std::string_view name, std::uint64_t& size,
                 std::uint64_t& packed, std::uint64_t& header) const {
    while (extra.size() >= 4) {
      const std::uint64_t tag = number(extra, 0, 2), length = number(extra, 2, 2);
      if (length > extra.size() - 4) break;
      std::string_view field = extra.substr(4, length);
      extra.remove_prefix(4 + length);
      if (tag != 1) continue;
      for (std::uint64_t* value : {&size, &packed, &header}) {
        if (*value != kElsewhere) continue;
        if (field.size() < 8) fail(text("the entry ", name, " lacks its 64-bit sizes"));
        *value = number(field, 0, 8);
        field.remove_prefix(8);
      }
      return;
    }
    if (size == kElsewhere || packed == kElsewhere || header == kElsewhere)
      fail(text("the entry ", name, " lacks its 64-bit sizes"));
  }

  std::uint64_t content_begin(std::string_view name, std::uint64_t at) const {
    const std::string what = text("the header of ", name);
    const std::string_view record = part(at, kLocalSize, what);
    if (number(record, 0, 4) != kLocalHeader) fail(text("expected ", what, " at ", at));
    const std::uint64_t name_size = number(record, 26, 2), extra_size = number(record, 28, 2);
    const std::string_view rest = part(at + kLocalSize, name_size + extra_size, what);
    if (rest.substr(0, name_size) != name) fail(text(what, " bears another name"));
    return at + kLocalSize + name_size + extra_size;
  }

  // Headers and contents of different entries share no byte.
  void check_apart() {
    std::sort(ranges_.begin(), ranges_.end(),
              [](const Range& a, const Range& b) { return a.begin < b.begin; });
    for (std::size_t i = 1; i < ranges_.size(); ++i)
      if (ranges_[i].begin < ranges_[i - 1].end)
        fail(text("the entries ", ranges_[i - 1].name, " and ", ranges_[i].name, " share bytes"));
  }

  std::string_view bytes_;
  const std::string& archive_;
  std::uint64_t begin_ = 0, end_ = 0, count_ = 0;  // of the central directory
  std::map<std::string, Entry> entries_;
  std::vector<Range> ranges_;
};

StoredZip::StoredZip(std::string_view bytes, std::string name)
    : name_(std::move(name)), entries_(Directory(bytes, name_).read()) {}

const StoredZip::Entry& StoredZip::entry(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) throw IoError(text(name_, ": the archive has no entry ", name));
  return found->second;
}

std::string_view StoredZip::checked(const std::string& name) const {
  const Entry& found = entry(name);
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION  // a fuzzer would not get past it
  return found.content;
#endif
  if (crc32(found.content) != found.crc)
    throw IoError(text(name_, ": the entry ", name, " is damaged: its check sum is another one"));
  return found.content;
}

bool is_zip(std::string_view bytes) {
  return bytes.substr(0, 4) == std::string_view("PK\x03\x04", 4);
}

std::uint32_t crc32(std::string_view bytes) {
  static const auto table = [] {
    std::array<std::uint32_t, 256> out{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      out[i] = i;
      for (int bit = 0; bit < 8; ++bit) out[i] = (out[i] >> 1) ^ (out[i] & 1 ? 0xedb88320u : 0);
    }
    return out;
  }();
  std::uint32_t sum = 0xffffffff;
  for (const char byte : bytes) sum = (sum >> 8) ^ table[(sum ^ std::uint8_t(byte)) & 255];
  return ~sum;
}

}  // namespace lvtino
