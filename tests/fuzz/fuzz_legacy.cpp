#include "priors/nn/torch_legacy.hpp"
#include "tests/fuzz/fuzz_file.hpp"

// The stream format of torch.save, from memory, entries that are no tensors among them.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lvtino;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  return fuzz::survives([&] {
    std::map<std::string, Tensor> tensors;
    for (const NamedTensor& named : parse_torch_stream(bytes, "input").tensors)
      tensors[named.name] = named.tensor;
    fuzz::read_all(tensors);
  });
}
