#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace lvtino {

/// SHA-256 (FIPS 180-4) of a stream of bytes.
class Sha256 {
 public:
  Sha256& update(const void* bytes, std::size_t count);
  /// 64 hexadecimal digits. Ends the stream: do not update afterwards.
  std::string hex();

 private:
  void block(const std::uint8_t* bytes);

  std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, 64> pending_{};
  std::size_t pending_count_ = 0;
  std::uint64_t total_ = 0;
};

/// Digest of a whole file. Throws IoError.
std::string sha256_of_file(const std::string& path);

}  // namespace lvtino
