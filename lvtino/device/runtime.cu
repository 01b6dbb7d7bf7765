#include "lvtino/device/runtime.hpp"

#include "lvtino/device/launch.hpp"

#define LVTINO_CHECK(CALL) check(CALL, #CALL)

namespace lvtino::device {
namespace {

class Event {
 public:
  Event() { LVTINO_CHECK(cudaEventCreate(&event_)); }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  operator cudaEvent_t() const { return event_; }

 private:
  cudaEvent_t event_ = nullptr;
};

}  // namespace

std::string problem() {
  int count = 0;
  const cudaError_t code = cudaGetDeviceCount(&count);
  if (code != cudaSuccess)
    return text("cudaGetDeviceCount: ", cudaGetErrorName(code), ": ", cudaGetErrorString(code));
  return count > 0 ? "" : "no CUDA device";
}

DeviceInfo info() {
  int device = 0;
  cudaDeviceProp found;
  LVTINO_CHECK(cudaGetDevice(&device));
  LVTINO_CHECK(cudaGetDeviceProperties(&found, device));
  return {.name = found.name,
          .capability = 10 * found.major + found.minor,
          .multiprocessors = found.multiProcessorCount,
          .memory = std::int64_t(found.totalGlobalMem),
          .cache = found.l2CacheSize};
}

std::int64_t free_memory() {
  std::size_t free = 0, total = 0;
  LVTINO_CHECK(cudaMemGetInfo(&free, &total));
  return std::int64_t(free);
}

Stream::Stream(bool urgent) {
  cudaStream_t stream = nullptr;
  int least = 0, greatest = 0;
  LVTINO_CHECK(cudaDeviceGetStreamPriorityRange(&least, &greatest));
  LVTINO_CHECK(
      cudaStreamCreateWithPriority(&stream, cudaStreamNonBlocking, urgent ? greatest : least));
  handle_ = stream;
}

Stream::~Stream() {
  if (owned_) cudaStreamDestroy(queue(*this));
}

void Stream::wait() const { LVTINO_CHECK(cudaStreamSynchronize(queue(*this))); }

void Stream::upload(void* to, const void* from, std::int64_t bytes) const {
  LVTINO_CHECK(cudaMemcpyAsync(to, from, std::size_t(bytes), cudaMemcpyHostToDevice, queue(*this)));
  wait();  // the host may change its memory
}

void Stream::download(void* to, const void* from, std::int64_t bytes) const {
  LVTINO_CHECK(cudaMemcpyAsync(to, from, std::size_t(bytes), cudaMemcpyDeviceToHost, queue(*this)));
  wait();
}

void Stream::copy(void* to, const void* from, std::int64_t bytes) const {
  LVTINO_CHECK(
      cudaMemcpyAsync(to, from, std::size_t(bytes), cudaMemcpyDeviceToDevice, queue(*this)));
}

void Stream::zero(void* to, std::int64_t bytes) const {
  LVTINO_CHECK(cudaMemsetAsync(to, 0, std::size_t(bytes), queue(*this)));
}

void Stream::after(const Marker& marker) const {
  LVTINO_CHECK(cudaStreamWaitEvent(queue(*this), static_cast<cudaEvent_t>(marker.handle()), 0));
}

double Stream::seconds(const std::function<void()>& work) const {
  const Event begin, end;
  LVTINO_CHECK(cudaEventRecord(begin, queue(*this)));
  work();
  LVTINO_CHECK(cudaEventRecord(end, queue(*this)));
  LVTINO_CHECK(cudaEventSynchronize(end));
  float milliseconds = 0;
  LVTINO_CHECK(cudaEventElapsedTime(&milliseconds, begin, end));
  return 1e-3 * milliseconds;
}

namespace {

void* allocated(std::int64_t bytes) {
  void* data = nullptr;
  const cudaError_t code = cudaMalloc(&data, std::size_t(bytes));
  if (code != cudaSuccess)
    throw DeviceError(text("cudaMalloc of ", bytes, " bytes: ", cudaGetErrorString(code)));
  return data;
}

}  // namespace

Marker::Marker()
    : handle_(nullptr, [](void* event) { cudaEventDestroy(static_cast<cudaEvent_t>(event)); }) {
  cudaEvent_t event = nullptr;
  LVTINO_CHECK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  handle_.reset(event);
}

void Marker::set(const Stream& stream) const {
  LVTINO_CHECK(cudaEventRecord(static_cast<cudaEvent_t>(handle_.get()), queue(stream)));
}

Memory::Memory(std::int64_t bytes)
    : data_(bytes > 0 ? allocated(bytes) : nullptr, [](void* data) { cudaFree(data); }) {}

Graph::Graph(const Stream& stream, const std::function<void()>& record) {
  LVTINO_CHECK(cudaStreamBeginCapture(queue(stream), cudaStreamCaptureModeThreadLocal));
  cudaGraph_t graph = nullptr;
  try {
    record();
  } catch (...) {  // the stream must not stay in this state
    if (cudaStreamEndCapture(queue(stream), &graph) == cudaSuccess && graph) cudaGraphDestroy(graph);
    throw;
  }
  LVTINO_CHECK(cudaStreamEndCapture(queue(stream), &graph));
  cudaGraphExec_t ready = nullptr;
  const cudaError_t code = cudaGraphInstantiate(&ready, graph, 0);
  cudaGraphDestroy(graph);
  check(code, "cudaGraphInstantiate");
  handle_ = ready;
}

Graph::~Graph() { cudaGraphExecDestroy(static_cast<cudaGraphExec_t>(handle_)); }

void Graph::launch(const Stream& stream) const {
  LVTINO_CHECK(cudaGraphLaunch(static_cast<cudaGraphExec_t>(handle_), queue(stream)));
}

}  // namespace lvtino::device
