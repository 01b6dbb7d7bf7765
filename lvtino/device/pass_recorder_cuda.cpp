#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/cuda/CUDACachingAllocator.h>

#include "lvtino/core/error.hpp"
#include "lvtino/device/pass_recorder.hpp"
#include "lvtino/device/runtime.hpp"
#include "priors/nn/recorded_pass.hpp"

namespace lvtino::device {
namespace {

using c10::cuda::CUDACachingAllocator::CUDAAllocator;

// Recordings take turns and none reads what another left, so they share their memory. The number is
// apart from those that libtorch counts up for pools of its own.
constexpr c10::MempoolId_t kPool = {0, 0x6c7674696e6fULL};

// Reached through its virtual functions alone: the program is not linked against libtorch's CUDA
// libraries, which are opened when a device is asked for.
CUDAAllocator& allocator() {
  auto* found = dynamic_cast<CUDAAllocator*>(c10::GetAllocator(c10::kCUDA));
  if (!found) throw DeviceError("recording a pass: libtorch's memory on the GPU is not its own");
  return *found;
}

// What this thread tells libtorch to do goes to another stream while it lives: the default stream
// cannot be recorded. Always the same one, since libraries keep memory for each that they see.
class OnAnotherStream {
 public:
  explicit OnAnotherStream(at::Device device)
      : guard_(device.type()), before_(guard_.getStream(device)), stream_(recorded(device)) {
    guard_.synchronizeStream(before_);
    guard_.exchangeStream(stream_);
  }
  ~OnAnotherStream() { guard_.exchangeStream(before_); }
  OnAnotherStream(const OnAnotherStream&) = delete;
  OnAnotherStream& operator=(const OnAnotherStream&) = delete;

  void* handle() const { return guard_.getStreamNativeHandle(stream_); }

 private:
  static c10::Stream recorded(at::Device device) {
    static const c10::Stream stream =
        c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
    return stream;
  }

  c10::impl::VirtualGuardImpl guard_;
  c10::Stream before_, stream_;
};

// Arrays that are made for the stream come from the pool while it lives. The pool stays until every
// recording that used it is gone.
class Pool {
 public:
  Pool(c10::DeviceIndex device, void* stream) : device_(device) {
    allocator().emptyCache();  // what plain passes have left; only where nothing is recorded
    allocator().beginAllocateToPool(device_, kPool,
                                    [stream](cudaStream_t of) { return of == stream; });
  }
  void close() {
    if (open_) allocator().endAllocateToPool(device_, kPool);
    open_ = false;
  }
  ~Pool() {
    close();
    allocator().releasePool(device_, kPool);
  }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

 private:
  c10::DeviceIndex device_;
  bool open_ = true;
};

class Recorded final : public nn::Recording {
 public:
  Recorded(at::Device device, void* stream, const std::function<void()>& work)
      : device_(device), pool_(device.index(), stream), graph_(Stream(stream), work) {
    pool_.close();
  }

  void play() const override {
    const c10::impl::VirtualGuardImpl guard(device_.type());
    graph_.launch(Stream(guard.getStreamNativeHandle(guard.getStream(device_))));
  }

 private:
  at::Device device_;
  Pool pool_;
  Graph graph_;
};

class Recorder final : public nn::DeviceRecorder {
 public:
  bool takes(at::Device device) const override { return device.is_cuda(); }

  std::unique_ptr<nn::Recording> record(at::Device device,
                                        const std::function<void()>& work) const override {
    const OnAnotherStream other(device);
    try {
      return std::make_unique<Recorded>(device, other.handle(), work);
    } catch (const c10::Error& failure) {
      throw DeviceError(text("recording a pass as a CUDA graph: ", failure.what_without_backtrace(),
                             "; without \"graphs\" it runs plainly"));
    }
  }
};

}  // namespace

void use_pass_recorder() {
  static const Recorder recorder;
  nn::use_device_recorder(recorder);
}

}  // namespace lvtino::device
