#pragma once

#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "lvtino/core/tensor.hpp"

namespace lvtino {

/// Counts the bytes of the tensors on the CPU that are made while it lives: how many there are, and
/// how many there were at most. One at a time; tensors may outlive it.
class TrackedTensors final {
 public:
  TrackedTensors() : before_(c10::GetCPUAllocator()) {
    counter().inner = before_;
    counter().live = 0, counter().peak = 0;
    c10::SetCPUAllocator(&counter(), kPriority);
  }
  ~TrackedTensors() { c10::SetCPUAllocator(before_, kPriority); }
  TrackedTensors(const TrackedTensors&) = delete;
  TrackedTensors& operator=(const TrackedTensors&) = delete;

  std::int64_t live() const { return counter().live; }
  std::int64_t peak() const { return counter().peak; }

 private:
  static constexpr std::uint8_t kPriority = 100;

  // Libraries ask for memory without a handle too: the place is all that they bring back.
  class Counter final : public c10::Allocator {
   public:
    c10::DataPtr allocate(std::size_t bytes) override {
      c10::DataPtr data = inner->allocate(bytes);
      void* const place = data.get();
      if (place == nullptr) return data;
      const std::lock_guard lock(mutex);
      blocks.emplace(place, std::pair{std::move(data), std::int64_t(bytes)});
      live += std::int64_t(bytes);
      peak = std::max(peak, live);
      return {place, place, &release, c10::Device(c10::kCPU)};
    }
    c10::DeleterFnPtr raw_deleter() const override { return &release; }
    void copy_data(void* to, const void* from, std::size_t bytes) const override {
      default_copy_data(to, from, bytes);
    }

    c10::Allocator* inner = nullptr;
    std::mutex mutex;
    std::unordered_map<void*, std::pair<c10::DataPtr, std::int64_t>> blocks;
    std::int64_t live = 0, peak = 0;
  };

  static void release(void* place) {
    if (place == nullptr) return;
    const std::lock_guard lock(counter().mutex);
    const auto found = counter().blocks.find(place);
    counter().live -= found->second.second;
    counter().blocks.erase(found);
  }
  // Tensors that outlive the counting are released through it.
  static Counter& counter() {
    static Counter* const counter = new Counter;
    return *counter;
  }

  c10::Allocator* before_;
};

}  // namespace lvtino
