#pragma once

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "lvtino/core/error.hpp"
#include "lvtino/core/tensor.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// What the harnesses share. A harness is LLVMFuzzerTestOneInput in fuzz_NAME.cpp: libFuzzer drives
/// it in the preset `libfuzzer`, replay_main.cpp drives it over the corpus in the tests.
namespace lvtino::fuzz {

/// A folder of this process, in memory where there is such a place.
class Folder {
 public:
  Folder() {
    const std::string memory = "/dev/shm";
    const auto base = std::filesystem::exists(memory) ? std::filesystem::path(memory)
                                                      : std::filesystem::temp_directory_path();
    path_ = base / text("lvtino_fuzz_", ::getpid());
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }

  std::string file(const std::string& name) const { return (path_ / name).string(); }

  /// Writes the bytes and says where.
  std::string write(const std::string& name, const std::uint8_t* data, std::size_t size) const {
    std::ofstream(file(name), std::ios::binary)
        .write(reinterpret_cast<const char*>(data), std::streamsize(size));
    return file(name);
  }

 private:
  std::filesystem::path path_;
};

inline const Folder& folder() {
  static const Folder own;
  return own;
}

/// Looks at every number, so that a view beyond its memory is noticed.
inline void read_all(const std::map<std::string, Tensor>& tensors) {
  for (const auto& [name, tensor] : tensors) tensor.contiguous().clone();
}

/// Bad input is answered with one of our errors; anything else is a finding.
template <class Work>
int survives(const Work& work) {
  try {
    work();
  } catch (const Error&) {
  }
  return 0;
}

}  // namespace lvtino::fuzz
