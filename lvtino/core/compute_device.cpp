#include "lvtino/core/compute_device.hpp"

#include <ATen/Context.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <dlfcn.h>

#include "lvtino/core/error.hpp"

namespace lvtino {

at::Device open_device(const std::string& name) {
  if (name == "cpu") return at::kCPU;
  if (name != "cuda")
    throw NotSupportedError(text("device \"", name, "\": expected \"cpu\" or \"cuda\""));
  // The library registers itself as it is loaded; programs that stay on the CPU never pay for it.
  static void* const library = dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL);
  if (!library) throw NotSupportedError(text("device \"cuda\": ", dlerror()));
  if (!at::hasCUDA()) throw NotSupportedError("device \"cuda\": no GPU was found");
  return {at::kCUDA, 0};
}

Tensor device_normal(const Shape& shape, const Placement& placement, std::uint64_t seed) {
  at::Generator generator = at::globalContext().defaultGenerator(placement.device);
  generator.set_current_seed(seed);
  return at::randn(shape, generator, placement.options());
}

namespace {

// Null before libtorch computed there.
c10::DeviceAllocator* cuda_allocator() {
  if (!at::hasCUDA()) return nullptr;
  auto* allocator = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(c10::kCUDA));
  return allocator != nullptr && allocator->initialized() ? allocator : nullptr;
}

}  // namespace

void release_device_cache() {
  if (auto* allocator = cuda_allocator()) allocator->emptyCache();
}

std::int64_t device_peak_bytes() {
  auto* allocator = cuda_allocator();
  if (!allocator) return 0;
  constexpr auto kAll = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  return allocator->getDeviceStats(0).allocated_bytes[kAll].peak;
}

}  // namespace lvtino
