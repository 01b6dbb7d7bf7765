#include <device_emulator.hpp>

#include <ucontext.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <memory>
#include <vector>

#include "lvtino/core/error.hpp"
#include "lvtino/core/meter.hpp"
#include "lvtino/device/launch.hpp"
#include "lvtino/device/runtime.hpp"

namespace lvtino::device {
namespace emulator {

dim3 thread{0}, block{0}, threads{1}, blocks{1};
unsigned char* memory = nullptr;
std::int64_t held_bytes = 0, peak_bytes = 0;

namespace {

constexpr std::size_t kStack = 64 << 10;
using Recording = std::vector<std::function<void()>>;
Recording* recording = nullptr;

// One block whose threads take turns. Turns go up and down alternately, so that a missing barrier
// shows whichever way the data flow.
class Block {
 public:
  explicit Block(const std::function<void()>& work) : work_(work) {}

  void run() {
    const std::size_t count = std::size_t(threads.x) * threads.y;
    states_.resize(count);
    for (State& state : states_) {
      state.done = false;
      if (!state.stack) state.stack.reset(new unsigned char[kStack]);
      getcontext(&state.context);
      state.context.uc_stack.ss_sp = state.stack.get();
      state.context.uc_stack.ss_size = kStack;
      state.context.uc_link = &main_;
      makecontext(&state.context, &Block::enter, 0);
    }
    current = this;
    bool upwards = true;
    for (std::size_t left = count; left > 0; upwards = !upwards) {
      std::size_t ended = 0;
      for (std::size_t k = 0; k < count; ++k) ended += turn(upwards ? k : count - 1 - k);
      left -= ended;
      if (ended > 0 && left > 0)
        throw DeviceError("some threads of a block ended where others wait at a barrier");
    }
    current = nullptr;
  }

  void yield() { swapcontext(&states_[at_].context, &main_); }

  static Block* current;

 private:
  struct State {
    ucontext_t context;
    std::unique_ptr<unsigned char[]> stack;
    bool done = false;
  };

  static void enter() {
    current->work_();
    current->states_[current->at_].done = true;
  }

  // Returns whether the thread ended with this turn.
  bool turn(std::size_t index) {
    State& state = states_[index];
    at_ = index;
    thread = dim3(unsigned(index % threads.x), unsigned(index / threads.x), 0);
    swapcontext(&main_, &state.context);
    return state.done;
  }

  const std::function<void()>& work_;
  std::vector<State> states_;
  std::size_t at_ = 0;
  ucontext_t main_;
};

Block* Block::current = nullptr;

}  // namespace

void barrier() {
  if (!Block::current) {
    std::fputs("a kernel without block memory met a barrier\n", stderr);
    std::abort();
  }
  Block::current->yield();
}

void run_or_record(std::function<void()> work) {
  if (recording)
    recording->push_back(std::move(work));
  else
    work();
}

void run(const char* name, std::int64_t block_count, dim3 thread_count, std::int64_t bytes,
         std::function<void()> work) {
  if (thread_count.x * thread_count.y > 1024) throw DeviceError(text(name, ": too many threads"));
  if (bytes > 227 << 10) throw DeviceError(text(name, ": too much block memory"));
  run_or_record([=] {
    blocks = dim3(grid_of(block_count)), threads = thread_count;
    Block fibers(work);
    for (unsigned b = 0; b < blocks.x; ++b) {
      block = dim3(b, 0, 0);
      if (bytes > 0) {
        // Of exactly this size, so that the address sanitizer sees what lies beyond; not zero.
        const std::unique_ptr<unsigned char[]> shared(new unsigned char[std::size_t(bytes)]);
        std::memset(shared.get(), 0xFF, std::size_t(bytes));
        memory = shared.get();
        fibers.run();
        continue;
      }
      for (unsigned y = 0; y < threads.y; ++y)
        for (unsigned x = 0; x < threads.x; ++x) {
          thread = dim3(x, y, 0);
          work();
        }
    }
  });
}

}  // namespace emulator

std::string problem() { return ""; }
std::int64_t free_memory() { return INT64_MAX; }
DeviceInfo info() { return {.name = "emulated device", .capability = 90, .multiprocessors = 4}; }

Stream::Stream(bool) {}
Stream::~Stream() = default;
void Stream::wait() const {}
void Stream::upload(void* to, const void* from, std::int64_t bytes) const {
  if (bytes > 0) std::memcpy(to, from, std::size_t(bytes));
}
void Stream::download(void* to, const void* from, std::int64_t bytes) const {
  if (bytes > 0) std::memcpy(to, from, std::size_t(bytes));
}
void Stream::copy(void* to, const void* from, std::int64_t bytes) const {
  emulator::run_or_record([=] { std::memcpy(to, from, std::size_t(bytes)); });
}
void Stream::zero(void* to, std::int64_t bytes) const {
  emulator::run_or_record([=] { std::memset(to, 0, std::size_t(bytes)); });
}
// Everything runs in the order in which it is launched.
void Stream::after(const Marker&) const {}
Marker::Marker() : handle_(nullptr, [](void*) {}) {}
void Marker::set(const Stream&) const {}

double Stream::seconds(const std::function<void()>& work) const {
  const Clock clock;
  work();
  return clock.seconds();
}

namespace {

constexpr std::size_t kHeader = 256;  // holds the number of bytes that follow

void release(void* data) {
  auto* const begin = static_cast<unsigned char*>(data) - kHeader;
  std::int64_t bytes = 0;
  std::memcpy(&bytes, begin, sizeof(bytes));
  emulator::held_bytes -= bytes;
  std::free(begin);
}

// Not zero: what a kernel forgets to write is seen.
void* allocated(std::int64_t bytes) {
  const std::size_t whole = (std::size_t(bytes) + kHeader - 1) / kHeader * kHeader;
  auto* const begin = static_cast<unsigned char*>(std::aligned_alloc(kHeader, kHeader + whole));
  std::memcpy(begin, &bytes, sizeof(bytes));
  std::memset(begin + kHeader, 0xFF, whole);
  emulator::held_bytes += bytes;
  emulator::peak_bytes = std::max(emulator::peak_bytes, emulator::held_bytes);
  return begin + kHeader;
}

}  // namespace

Memory::Memory(std::int64_t bytes) : data_(bytes > 0 ? allocated(bytes) : nullptr, release) {}

Graph::Graph(const Stream&, const std::function<void()>& record) {
  auto* const steps = new emulator::Recording;
  handle_ = steps;
  emulator::recording = steps;
  record();
  emulator::recording = nullptr;
}
Graph::~Graph() { delete static_cast<emulator::Recording*>(handle_); }
void Graph::launch(const Stream&) const {
  for (const auto& step : *static_cast<emulator::Recording*>(handle_)) step();
}

}  // namespace lvtino::device
