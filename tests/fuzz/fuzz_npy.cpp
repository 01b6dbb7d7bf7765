#include "tests/fuzz/fuzz_file.hpp"
#include "lvtino/core/npy.hpp"

// Header, whole array and one slice.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lvtino;
  const std::string path = fuzz::folder().write("input.npy", data, size);
  return fuzz::survives([&] {
    const NpyHeader header = read_npy_header(path);
    read_npy(path);
    if (!header.shape.empty()) read_npy_slice(path, header, 0, header.shape[0] - 1);
  });
}
