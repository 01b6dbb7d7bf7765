#include "priors/nn/checkpoint.hpp"
#include "tests/fuzz/fuzz_file.hpp"

// A mapped file of any container: opened, listed, every tensor read. Text that begins like JSON is
// the index of a shard that lies beside it.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lvtino;
  const static bool shard = [] {
    nn::write_safetensors(fuzz::folder().file("part-1.safetensors"),
                          {.tensors = {{"a", at::ones({2, 2})}, {"b", at::ones({1})}}});
    return true;
  }();
  const bool index = shard && size > 0 && data[0] == '{';
  const std::string path =
      fuzz::folder().write(index ? "input.safetensors.index.json" : "input.pt", data, size);
  return fuzz::survives([&] {
    const nn::Checkpoint checkpoint = nn::open_checkpoint(path);
    nn::listing_digest(nn::list_of(checkpoint.tensors));
    nn::parameter_count(nn::list_of(checkpoint.tensors));
    fuzz::read_all(checkpoint.tensors);
  });
}
