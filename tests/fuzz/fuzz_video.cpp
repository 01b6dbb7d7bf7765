#include "tests/fuzz/fuzz_file.hpp"
#include "lvtino/video_reader.hpp"

// What FFmpeg opens, by its content.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lvtino;
  const std::string path = fuzz::folder().write("input.mp4", data, size);
  return fuzz::survives([&] { read_video_file(path, {.count = 3}); });
}
