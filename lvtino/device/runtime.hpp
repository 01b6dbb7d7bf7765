#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

/// The accelerator without the headers of its toolkit: memory, a queue of work, time, recorded
/// work. Every failing call throws DeviceError.
namespace lvtino::device {

/// Why no device can be used; empty where one can.
std::string problem();

struct DeviceInfo {
  std::string name;
  int capability = 0;  ///< 10 major + minor
  int multiprocessors = 0;
  std::int64_t memory = 0, cache = 0;  ///< bytes; of the second-level cache
};
DeviceInfo info();
/// Bytes that can be had now.
std::int64_t free_memory();

/// Work in order. All calls below return before their work is done, `wait` and the copies to and
/// from the host excepted.
class Stream {
 public:
  /// An `urgent` stream's work goes first where it shares the device with another's.
  explicit Stream(bool urgent = false);
  /// Another's, cudaStream_t as it is; stays theirs. Null: the default stream.
  explicit Stream(void* handle) : handle_(handle), owned_(false) {}
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  void wait() const;
  void upload(void* to, const void* from, std::int64_t bytes) const;
  void download(void* to, const void* from, std::int64_t bytes) const;
  void copy(void* to, const void* from, std::int64_t bytes) const;
  void zero(void* to, std::int64_t bytes) const;
  /// What comes later on this stream waits for what `marker` marks.
  void after(const class Marker& marker) const;
  /// Runs `work`, which must use this stream alone; its seconds by the device's own clock.
  double seconds(const std::function<void()>& work) const;

  void* handle() const { return handle_; }

 private:
  void* handle_ = nullptr;
  bool owned_ = true;
};

/// A place in a stream's work.
class Marker {
 public:
  Marker();
  /// Marks what `stream` was given up to now.
  void set(const Stream& stream) const;
  void* handle() const { return handle_.get(); }

 private:
  std::unique_ptr<void, void (*)(void*)> handle_;
};

/// `count` numbers on the device, not initialised.
template <class T>
class Buffer;

/// Bytes on the device.
class Memory {
 public:
  explicit Memory(std::int64_t bytes);
  void* data() const { return data_.get(); }

 private:
  std::unique_ptr<void, void (*)(void*)> data_;
};

template <class T>
class Buffer {
 public:
  explicit Buffer(std::int64_t count) : count_(count), memory_(count * std::int64_t(sizeof(T))) {}
  Buffer(const Stream& stream, const T* from, std::int64_t count) : Buffer(count) {
    stream.upload(data(), from, bytes());
  }
  Buffer(const Stream& stream, const std::vector<T>& from)
      : Buffer(stream, from.data(), std::int64_t(from.size())) {}

  T* data() const { return static_cast<T*>(memory_.data()); }
  std::int64_t count() const { return count_; }
  std::int64_t bytes() const { return count_ * std::int64_t(sizeof(T)); }
  std::vector<T> host(const Stream& stream) const {
    std::vector<T> out(static_cast<std::size_t>(count_));
    stream.download(out.data(), data(), bytes());
    return out;
  }

 private:
  std::int64_t count_;
  Memory memory_;
};

/// Work recorded once and launched as a whole, for loops of launches that are shorter than the time
/// a launch takes. What it uses must outlive it.
class Graph {
 public:
  /// `record` may only launch work, on the stream and on others that wait for it and that it waits
  /// for.
  Graph(const Stream& stream, const std::function<void()>& record);
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  void launch(const Stream& stream) const;

 private:
  void* handle_ = nullptr;
};

}  // namespace lvtino::device
