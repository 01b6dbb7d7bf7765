#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "lvtino/core/tensor.hpp"

namespace lvtino::nn {

/// Bytes of arrays that come and go. A function that is told over again with a ledger's arrays in
/// the place of tensors (same lifetimes, no numbers) says how much memory it needs at most.
class ArrayLedger {
 public:
  /// A handle, as a Tensor is one: the memory goes with the last copy.
  class Array {
   public:
    Array() = default;
    std::int64_t elements() const { return held_ ? held_->elements : 0; }
    std::int64_t item() const { return held_ ? held_->item : 0; }
    bool defined() const { return held_ != nullptr; }
    void reset() { held_.reset(); }

   private:
    friend class ArrayLedger;
    struct Held {
      ArrayLedger* ledger;
      std::int64_t elements, item;
      Held(ArrayLedger* l, std::int64_t n, std::int64_t size) : ledger(l), elements(n), item(size) {
        ledger->live_ += elements * item;
        ledger->peak_ = ledger->live_ > ledger->peak_ ? ledger->live_ : ledger->peak_;
      }
      ~Held() { ledger->live_ -= elements * item; }
      Held(const Held&) = delete;
      Held& operator=(const Held&) = delete;
    };
    explicit Array(std::shared_ptr<const Held> held) : held_(std::move(held)) {}
    std::shared_ptr<const Held> held_;
  };

  ArrayLedger() = default;
  ArrayLedger(const ArrayLedger&) = delete;
  ArrayLedger& operator=(const ArrayLedger&) = delete;

  /// An array of so many elements of `item` bytes. The ledger outlives its arrays.
  Array array(std::int64_t elements, std::int64_t item) {
    return Array(std::make_shared<const Array::Held>(this, elements, item));
  }
  /// `x` in elements of another size: x itself where it has that size, as Tensor::to does.
  Array cast(const Array& x, std::int64_t item) {
    return x.item() == item ? x : array(x.elements(), item);
  }

  std::int64_t live() const { return live_; }
  std::int64_t peak() const { return peak_; }

 private:
  std::int64_t live_ = 0, peak_ = 0;
};

/// Bytes of an element.
inline std::int64_t item_of(const Placement& compute) {
  return std::int64_t(c10::elementSize(compute.dtype));
}
/// The same of what is computed in float32 "or better".
inline std::int64_t wide_of(const Placement& compute) {
  return std::max<std::int64_t>(4, item_of(compute));
}

}  // namespace lvtino::nn
