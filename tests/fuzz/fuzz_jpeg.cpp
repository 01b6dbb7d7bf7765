#include "tests/fuzz/fuzz_file.hpp"
#include "lvtino/core/jpeg_file.hpp"
#include "operators/jpeg_codec.hpp"

// Coefficients and tables, and what is made of them.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lvtino;
  return fuzz::survives([&] {
    const JpegFile file =
        read_jpeg_coefficients({reinterpret_cast<const char*>(data), size}, "input");
    std::vector<JpegFactors> factors;
    for (const auto& component : file.components) factors.push_back(component.factors);
    if (file.height * file.width <= 1 << 16)
      JpegLayout(file.height, file.width, file.color, factors);
  });
}
