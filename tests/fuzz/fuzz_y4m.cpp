#include "tests/fuzz/fuzz_file.hpp"
#include "lvtino/y4m.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lvtino;
  const std::string path = fuzz::folder().write("input.y4m", data, size);
  return fuzz::survives([&] {
    const auto reader = open_y4m(path);
    for (int k = 0; k < 20 && reader->advance(); ++k) reader->frame();
  });
}
