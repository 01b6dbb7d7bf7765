#include "tests/fuzz/fuzz_file.hpp"
#include "lvtino/core/image_file.hpp"

// PNG, JPEG, PPM and PGM, told apart by their content.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lvtino;
  return fuzz::survives([&] {
    decode_image({reinterpret_cast<const char*>(data), size}, "input");
  });
}
