#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>

// The part of CUDA's language that the kernels in lvtino/device use, as plain C++: a launch runs
// its blocks one after the other and the threads of a block in turns from barrier to barrier. So
// the index arithmetic of the kernels is tested, with the sanitizers at hand, where there is no
// device.

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  dim3(unsigned x_, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

namespace lvtino::device {

class Stream;

namespace emulator {

/// The thread whose turn it is, and its block.
extern dim3 thread, block, threads, blocks;
extern unsigned char* memory;

/// Bytes of all Memory that is held, and the most that ever was since `peak_bytes` was set back.
extern std::int64_t held_bytes, peak_bytes;

void barrier();

/// Runs `thread_work` for every thread of every block, or records it if a graph is being recorded.
void run(const char* name, std::int64_t blocks, dim3 threads, std::int64_t bytes,
         std::function<void()> thread_work);
void run_or_record(std::function<void()> work);

}  // namespace emulator

template <class T>
T* block_memory() {
  return reinterpret_cast<T*>(emulator::memory);
}

template <class... Parameters, class... Arguments>
void launch(const char* name, void (*kernel)(Parameters...), std::int64_t blocks, dim3 threads,
            std::int64_t bytes, const Stream&, Arguments... arguments) {
  emulator::run(name, blocks, threads, bytes, [=] { kernel(Parameters(arguments)...); });
}

/// As on a device with four processors of 1024 threads.
template <class... Parameters>
std::int64_t resident_blocks(void (*)(Parameters...), int threads, std::int64_t) {
  return std::max(1, 4 * 1024 / threads);
}

}  // namespace lvtino::device

#define threadIdx ::lvtino::device::emulator::thread
#define blockIdx ::lvtino::device::emulator::block
#define blockDim ::lvtino::device::emulator::threads
#define gridDim ::lvtino::device::emulator::blocks
inline void __syncthreads() { ::lvtino::device::emulator::barrier(); }
