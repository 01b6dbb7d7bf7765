#pragma once

#include <memory>
#include <mutex>

#include "lvtino/core/tensor.hpp"

namespace lvtino::nn {

/// Work that a GPU was told once and does again as a whole (a CUDA graph).
class Recording {
 public:
  virtual ~Recording() = default;
  /// Queues the work on the stream that libtorch uses.
  virtual void play() const = 0;
};

/// Records what libtorch and kernels are told to do.
class DeviceRecorder {
 public:
  virtual ~DeviceRecorder() = default;
  virtual bool takes(at::Device device) const = 0;
  /// What `work` queues on libtorch's stream, which is not done yet when this returns. `work` reads
  /// arrays that are there before and stay; what it makes and leaves alive is made anew by every
  /// play, in the same memory. It must not wait for the device or read from it. Throws DeviceError.
  virtual std::unique_ptr<Recording> record(at::Device device,
                                            const std::function<void()>& work) const = 0;
};

/// To be called once, before networks run on a GPU; without it nothing is recorded.
void use_device_recorder(const DeviceRecorder& recorder);

/// A function of tensors that is computed again and again: on a GPU recorded for each set of shapes
/// and then played, which spares the time in which the processor tells the GPU kernel after kernel.
///
/// What the function uses beside its arguments (weights, a prompt) must stay where it is. The
/// memory of its arrays stays taken between calls; all recordings of a device share it. The first
/// call with a shape computes plainly, since libraries set themselves up then, the second records.
/// Results have the same bits either way. For several threads, one at a time.
class RecordedPass {
 public:
  using Pass = std::function<Tensor(const std::vector<Tensor>& arguments)>;

  /// Sets of shapes that are recorded; what comes after them is computed plainly.
  static constexpr std::size_t kMostRecordings = 4;

  /// `records` false: every call computes plainly, as it does on a processor, on the plain path
  /// (`is_fast`) and while gradients are recorded.
  RecordedPass(Pass pass, bool records) : pass_(std::move(pass)), records_(records) {}

  /// All arguments on one device. The result shares no memory with later ones.
  Tensor operator()(const std::vector<Tensor>& arguments) const;

 private:
  struct Outline {
    Placement placement;
    Shape sizes, strides;
    bool operator==(const Outline&) const = default;
  };
  struct Entry {
    std::vector<Outline> outlines;  ///< of the arguments that it is for
    std::vector<Tensor> arguments;  ///< what the recording reads
    Tensor result;                  ///< where it writes
    std::unique_ptr<Recording> recording;
  };
  static std::vector<Outline> outlines_of(const std::vector<Tensor>& arguments);
  void record(Entry& entry, const std::vector<Tensor>& arguments,
              const DeviceRecorder& recorder) const;

  Pass pass_;
  bool records_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace lvtino::nn
