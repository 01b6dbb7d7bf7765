#pragma once

// What the kernels stand on, for .cu files alone. The device emulator of the tests compiles the
// same files as plain C++ against its own header.
#ifdef LVTINO_DEVICE_EMULATED
#include <device_emulator.hpp>
#else
#include <cuda_runtime.h>
#endif

#include <cstdint>

#include "lvtino/core/error.hpp"
#include "lvtino/device/runtime.hpp"

namespace lvtino::device {

inline std::int64_t quotient_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// Blocks of a launch; throws ShapeError if there are more than a launch can have.
inline unsigned grid_of(std::int64_t blocks) {
  if (blocks < 1 || blocks > INT32_MAX)
    throw ShapeError(
        text("expected 1 to ", INT32_MAX, " blocks of work on the device, got ", blocks));
  return unsigned(blocks);
}

#ifndef LVTINO_DEVICE_EMULATED
inline void check(cudaError_t code, const char* call) {
  if (code != cudaSuccess)
    throw DeviceError(text(call, ": ", cudaGetErrorName(code), ": ", cudaGetErrorString(code)));
}

inline cudaStream_t queue(const Stream& stream) {
  return static_cast<cudaStream_t>(stream.handle());
}

/// The memory that the threads of a block share, as large as the launch asked for.
template <class T>
__device__ __forceinline__ T* block_memory() {
  extern __shared__ __align__(16) unsigned char lvtino_block_memory[];
  return reinterpret_cast<T*>(lvtino_block_memory);
}

/// Runs kernel(arguments...) on a row of `blocks` blocks of threads.x x threads.y threads that
/// share `bytes` of memory; a kernel that meets at barriers has some.
template <class... Parameters, class... Arguments>
void launch(const char* name, void (*kernel)(Parameters...), std::int64_t blocks, dim3 threads,
            std::int64_t bytes, const Stream& stream, Arguments... arguments) {
  constexpr std::int64_t kOrdinary = 48 << 10;  // more must be asked for
  if (bytes > kOrdinary)
    check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, int(bytes)),
          name);
  kernel<<<grid_of(blocks), threads, std::size_t(bytes), queue(stream)>>>(Parameters(arguments)...);
  check(cudaGetLastError(), name);
}

/// Blocks of a kernel that the device runs at once.
template <class... Parameters>
std::int64_t resident_blocks(void (*kernel)(Parameters...), int threads, std::int64_t bytes) {
  int each = 0, device = 0, processors = 0;
  check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&each, kernel, threads, std::size_t(bytes)),
        "cudaOccupancyMaxActiveBlocksPerMultiprocessor");
  check(cudaGetDevice(&device), "cudaGetDevice");
  check(cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device),
        "cudaDeviceGetAttribute");
  return std::int64_t(each) * processors;
}
#endif

}  // namespace lvtino::device
