#pragma once

#include <string>
#include <vector>

#include "lvtino/core/rng.hpp"
#include "lvtino/core/tensor.hpp"
#include "lvtino/device/runtime.hpp"
#include "validation/law.hpp"

namespace lvtino::device {

/// The worst disagreement of a kernel with the CPU over many shapes.
class Comparison {
 public:
  Comparison(std::string kernel, at::ScalarType dtype);

  /// max |device - host| / max |host|; numbers that are none on either side count as infinitely
  /// far.
  void add(const Tensor& device, const Tensor& host, const std::string& shape);
  void add(double device, double host, const std::string& shape);
  LawReport report() const;

 private:
  void note(double difference, const std::string& shape);
  std::string kernel_;
  double bound_, worst_ = 0;
  int arrays_ = 0;
  std::string witness_;
};

/// Draws extents of axes.
class Extents {
 public:
  explicit Extents(Rng rng) : rng_(rng) {}
  /// 1 to `most`: half of them at or beside a power of two, a quarter 1 to 3.
  std::int64_t next(std::int64_t most);
  std::int64_t below(std::int64_t bound) { return rng_.below(bound, index_++); }
  /// Standard normal numbers.
  Tensor normal(const Shape& shape, at::ScalarType dtype);

 private:
  Rng rng_;
  std::int64_t index_ = 0;
};

template <class T>
constexpr at::ScalarType kDtype = sizeof(T) == 4 ? at::kFloat : at::kDouble;

template <class T>
const T* numbers_of(const Tensor& x) {
  return x.const_data_ptr<T>();
}

template <class T>
Buffer<T> on_device(const Stream& stream, const Tensor& x) {
  return Buffer<T>(stream, x.const_data_ptr<T>(), x.numel());
}

template <class T>
Tensor on_host(const Stream& stream, const Buffer<T>& x, const Shape& shape) {
  Tensor out = at::empty(shape, at::TensorOptions().dtype(kDtype<T>));
  stream.download(out.mutable_data_ptr<T>(), x.data(), x.bytes());
  return out;
}

}  // namespace lvtino::device
