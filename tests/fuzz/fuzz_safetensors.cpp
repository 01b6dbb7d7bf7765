#include "priors/nn/safetensors.hpp"
#include "tests/fuzz/fuzz_file.hpp"

// Parsed as copies and, where it is a file of tensors, every one of them read.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lvtino;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  return fuzz::survives([&] { fuzz::read_all(nn::parse_safetensors(bytes, "input").tensors); });
}
