#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>
#include <vector>

namespace lvtino {

/// Seconds since the construction.
class Clock {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// Processor seconds of all threads of the process since the construction.
class ProcessorClock {
 public:
  double seconds() const { return double(std::clock() - begin_) / CLOCKS_PER_SEC; }

 private:
  std::clock_t begin_ = std::clock();
};

/// Time and peak memory of the stages of a run, in the order of their first use.
///
/// Peak memory is the process's resident peak during the stage (bytes, Linux; 0 where the system
/// does not tell). A build with CUDA reports the allocator's peak of that device beside it.
class StageMeter {
 public:
  struct Stage {
    std::string name;
    std::int64_t calls = 0;
    double seconds = 0, processor_seconds = 0;
    std::int64_t peak_bytes = 0;
  };

  /// Runs `work` as part of stage `name` and returns what it returns. Stages do not nest.
  template <class Work>
  auto measure(const std::string& name, const Work& work) {
    const Running running(*this, name);
    return work();
  }

  const std::vector<Stage>& stages() const { return stages_; }
  /// Seconds of all calls of the stage; 0 if it never ran.
  double seconds(const std::string& name) const;

 private:
  class Running {
   public:
    Running(StageMeter& meter, const std::string& name);
    ~Running();

   private:
    StageMeter& meter_;
    std::string name_;
    Clock clock_;
    ProcessorClock processor_;
  };

  std::vector<Stage> stages_;
};

/// Resident memory of this process now, and at its peak since `reset_peak_memory` (or its start).
std::int64_t resident_bytes();
std::int64_t peak_resident_bytes();
/// Asks the system to forget the peak. False where it cannot.
bool reset_peak_memory();

}  // namespace lvtino
